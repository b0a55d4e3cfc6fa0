#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Build the kernel's own iommufd selftest program and run it on the engine.

    selftest.py COMMAND EXPECTED-FAILURES CC...

The program comes from $IOM_KERNEL_SOURCE: a kernel source tree, or "debian:SUITE:VERSION"
("debian:sid:7.2") to download that linux-source package; where it is not set, from a
package that is installed or was used before. It wants huge pages: where there are none
and we may, some are made for the run.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

LEAST = 230
HUGE = "/proc/sys/vm/nr_hugepages"


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def find_tree():
    tree = os.environ.get("IOM_KERNEL_SOURCE")
    if tree and not tree.startswith("debian:"):
        return tree
    script = [f"{os.path.dirname(os.path.abspath(__file__))}/build-kernel.sh", "-t"]
    if tree:
        _, suite, version = tree.split(":")
        script += ["-s", suite, version]
    done = subprocess.run(script, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        skip("set IOM_KERNEL_SOURCE to a kernel source tree, or install a linux-source package")
    return done.stdout.strip()


def build(tree, directory, cc):
    source = f"{tree}/tools/testing/selftests/iommu/iommufd.c"
    if not os.path.exists(source):
        skip(f"{tree} has no tools/testing/selftests/iommu")
    os.mkdir(f"{directory}/linux")
    for name in ("iommufd.h", "vfio.h"):
        shutil.copy(f"{tree}/include/uapi/linux/{name}", f"{directory}/linux/{name}")
    done = subprocess.run(
        cc + ["-O1", "-w", "-D_GNU_SOURCE", "-D__user=", "-D__counted_by(n)=",
              f"-I{directory}", f"-I{tree}/tools/testing/selftests",
              f"-I{tree}/include/uapi", "-o", f"{directory}/iommufd", source, "-lcap"],
        capture_output=True, text=True)
    if "sys/capability.h" in done.stderr:
        skip("libcap's header is not installed (libcap-dev)")
    if done.returncode:
        sys.exit(f"the selftest program does not build:\n{done.stderr[-2000:]}")
    return f"{directory}/iommufd"


def run(command, program):
    before = None
    try:
        with open(HUGE, "r+", encoding="ascii") as f:
            before = f.read().strip()
            if int(before) < 200:
                f.seek(0)
                f.write("200")
    except (OSError, ValueError):
        before = None
    try:
        done = subprocess.run([command, "iommufd", "--", program], capture_output=True,
                              text=True, timeout=1200)
    finally:
        if before is not None:
            with open(HUGE, "w", encoding="ascii") as f:
                f.write(before)
    return done.stdout + done.stderr


def main():
    command, expected = sys.argv[1:3]
    tree = find_tree()
    with tempfile.TemporaryDirectory() as d:
        output = run(command, build(tree, d, sys.argv[3:]))
    passed = re.findall(r"^ok \d+ (\S+)", output, re.M)
    failed = re.findall(r"^not ok \d+ (\S+)", output, re.M)
    reasons = {}
    for line in open(expected, encoding="utf-8"):
        pattern, _, reason = line.strip().partition(" # ")
        if pattern and not pattern.startswith("#"):
            reasons[re.compile(pattern)] = reason
    surprises = []
    for name in failed:
        reason = next((r for p, r in reasons.items() if p.fullmatch(name)), None)
        print(f"{name}: {reason or 'FAILED'}")
        if not reason:
            surprises.append(name)
    skipped = len(re.findall(r"^ok \d+ .*# SKIP", output, re.M))
    print(f"{len(passed)} of {len(passed) + len(failed)} tests pass, {skipped} of them by skipping")
    if not surprises and any("huge" in n or "access_domain" in n for n in failed):
        skip("the rest needs 200 huge pages, which this machine does not give")
    sys.exit(1 if surprises or len(passed) < LEAST else 0)


if __name__ == "__main__":
    main()
