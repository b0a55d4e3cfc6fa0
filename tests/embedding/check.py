#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compile the emulator of docs/embedding.md and compare what it prints with what the page says."""
import os
import re
import subprocess
import sys
import tempfile


def main():
    build, page, include, sanitize, *cc = sys.argv[1:]
    with open(page, encoding="utf-8") as f:
        text = f.read()
    source = re.search(r"^```c\n(.*?)^```", text, re.M | re.S).group(1)
    outputs = re.findall(r"`emulator (\w+)`[^`]*```text\n(.*?)^```", text, re.M | re.S)
    lines = source.count("\n")
    assert lines < 200, f"the emulator has {lines} lines; the page promises under 200"
    assert [name for name, _ in outputs] == ["smmuv3", "vtd"], outputs
    glib = subprocess.run(["pkg-config", "--cflags", "--libs", "glib-2.0"], check=True,
                          capture_output=True, text=True).stdout.split()
    flags = [] if sanitize == "none" else ["-fsanitize=" + sanitize]
    with tempfile.TemporaryDirectory() as work:
        with open(f"{work}/emulator.c", "w", encoding="utf-8") as f:
            f.write(source)
        done = subprocess.run([*cc, "-std=c11", "-Wall", "-Wextra", "-Werror", *flags,
                               f"{work}/emulator.c", "-o", f"{work}/emulator", f"-I{include}",
                               f"-I{build}/core", f"-L{build}", "-liommulate",
                               f"-Wl,-rpath,{build}", *glib],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        for name, expected in outputs:
            env = dict(os.environ, LD_LIBRARY_PATH=build)
            run = subprocess.run([f"{work}/emulator", name], capture_output=True, text=True,
                                 check=False, env=env)
            if run.returncode or run.stdout != expected:
                sys.exit(f"emulator {name}: exit {run.returncode}, printed\n{run.stdout}"
                         f"{run.stderr}the page says\n{expected}")
    print(f"emulator of {lines} lines: smmuv3 and vtd as on the page")


if __name__ == "__main__":
    main()
