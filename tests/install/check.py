#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Install the build, look at it as a distribution would, and build a program against it."""
import glob
import os
import re
import subprocess
import sys
import tempfile


def run(*command, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def visible(library):
    names = []
    for line in run("nm", "-D", "--defined-only", library).splitlines():
        address, kind, name = line.split()
        names.append(name.split("@")[0])
    return names


def main():
    build, client, sanitize, cc = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    with tempfile.TemporaryDirectory() as root:
        run("meson", "install", "-C", build, "--no-rebuild", "--destdir", root)
        pc = glob.glob(f"{root}/**/iommulate.pc", recursive=True)
        assert len(pc) == 1, f"one iommulate.pc expected, found {pc}"
        libdir = os.path.dirname(os.path.dirname(pc[0]))
        for name in ("core", "smmu", "vtd", "pcie", "iommufd"):
            assert glob.glob(f"{root}/**/include/iommulate/{name}.h", recursive=True), name
        for name in ("libiommulate.so", "libiommulate.a"):
            assert os.path.exists(f"{libdir}/{name}"), f"{name} is not installed"

        foreign = [n for n in visible(f"{libdir}/libiommulate.so")
                   if not n.startswith("iom_") and not re.match(r"^(_init|_fini|__.*|_.*san.*)$", n)]
        assert not foreign, f"visible beside iom_: {foreign}"
        exported = set(visible(f"{libdir}/libiommulate.so"))
        declared = set()
        for header in glob.glob(f"{root}/**/include/iommulate/*.h", recursive=True):
            with open(header, encoding="utf-8") as f:
                declared |= set(re.findall(r"IOM_API[^;(]*?\b(iom_\w+)\(", f.read()))
        assert declared, "no declaration found in the installed headers"
        assert declared == exported, f"declared or exported, not both: {declared ^ exported}"

        env = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(pc[0]),
                   PKG_CONFIG_SYSROOT_DIR=root)
        # The sysroot prefixes every path, GLib's too: take GLib's own flags plainly.
        ours = run("pkg-config", "--cflags-only-I", "--libs-only-L", "--libs-only-l",
                   "iommulate", env=env).split()
        ours = [o for o in ours if root in o or o == "-liommulate"]
        assert any("iommulate" in o for o in ours), f"pkg-config gives no -liommulate: {ours}"
        if sanitize == "none":
            glib = run("pkg-config", "--cflags", "--libs", "glib-2.0").split()
            program = f"{root}/client"
            run(*cc, client, "-o", program, *ours, *glib)
            env = dict(os.environ, LD_LIBRARY_PATH=libdir)
            version = run(program, env=env).strip()
            with open(pc[0], encoding="utf-8") as f:
                assert f"Version: {version}" in f.read(), version
        tool = glob.glob(f"{root}/**/bin/iommulate", recursive=True)
        assert len(tool) == 1, "the command is not installed"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
