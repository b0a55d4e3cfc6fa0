#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same calls on the kernel and on the engine, answers compared one by one.

    kernel.py PROGRAM-FOR-THE-KERNEL PROGRAM-ON-THE-ENGINE EXPLAINED DESCRIPTORS

The kernel runs under qemu-system-x86_64, with the programs in an initramfs; the log
comes out through a disk. A kernel of 7.2 or 7.3 is asked everything; one of another age
that the engine knows, whether the same calls and members exist and what is wrong with
wrong ones.

$IOM_FUZZ_CALLS: how many random calls, 40000 of them where nothing is said; $IOM_FUZZ_SEED
the seed, $IOM_FUZZ_KEEP a directory for the two logs.
"""
import os
import re
import subprocess
import sys
import tempfile

import vm

INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
release=$(/bin/busybox uname -r)
echo "running kernel $release"
huge=0
[ -e /sys/kernel/mm/transparent_hugepage ] && huge=1
echo "transparent huge pages $huge"
part=wrong
profile=-
case $release in 7.[23]*) part=all ;; esac
case $release in 7.3*)
	# A device that no IOMMU stands before, given to VFIO all the same.
	profile=7.3
	echo 1 >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
	for d in /sys/bus/pci/devices/*; do
		[ "$(/bin/busybox cat $d/vendor):$(/bin/busybox cat $d/device)" = 0x1234:0x11e8 ] || continue
		echo vfio-pci >$d/driver_override
		/bin/busybox basename $d >/sys/bus/pci/drivers_probe
	done
	/bin/busybox ls /dev/vfio/devices ;;
esac
echo 200 >/proc/sys/vm/nr_hugepages
/descriptors kernel
echo "descriptors status $?"
/program /dev/vda {seed} {calls} $profile $huge $part
echo "exit status $?"
/bin/busybox poweroff -f
"""
WHOLE = ("7.2", "7.3")
PROFILES = ("6.6", "6.12", "6.13", "6.15", "6.17", "7.2", "7.3")


def explained(path):
    """Lines of a pattern and a reason, separated by ' # '; '[7.3]' before it: only there."""
    rules = []
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line and not line.startswith("#"):
            age = re.match(r"\[([0-9.]+)\] *(.*)", line)
            pattern, _, reason = (age.group(2) if age else line).partition(" # ")
            rules.append((age.group(1) if age else None, re.compile(pattern), reason))
    return rules


def compare(kernel, engine, rules):
    ours, theirs, used = engine.splitlines(), kernel.splitlines(), {}
    for n, (a, b) in enumerate(zip(theirs, ours)):
        if a == b:
            continue
        reason = next((r for p, r in rules if p.search(a)), None)
        if reason is None:
            start = max((i for i in range(n) if theirs[i].startswith("-- ")), default=0)
            print(f"the first divergence, line {n + 1}, in '{theirs[start]}':")
            for line in theirs[max(start, n - 6):n]:
                print(f"          {line[:300]}")
            print(f"  kernel  {a[:300]}\n  engine  {b[:300]}")
            return False
        used[reason] = used.get(reason, 0) + 1
    if len(ours) != len(theirs):
        print(f"the kernel's log has {len(theirs)} lines, the engine's {len(ours)}")
        return False
    for reason, count in used.items():
        print(f"{count} explained: {reason}")
    return True


def keep(theirs, ours):
    for name, text in (("kernel.log", theirs), ("engine.log", ours)):
        with open(os.path.join(os.environ["IOM_FUZZ_KEEP"], name), "w", encoding="utf-8") as f:
            f.write(text)


def main():
    vm_program, engine_program, rules, descriptors = sys.argv[1:5]
    calls = int(os.environ.get("IOM_FUZZ_CALLS", 40000))
    seed = int(os.environ.get("IOM_FUZZ_SEED", 1))
    kernel = vm.find_kernel()
    with tempfile.TemporaryDirectory() as d:
        console, theirs = vm.boot(d, kernel, INIT.format(seed=seed, calls=calls),
                                  [("program", vm_program), ("descriptors", descriptors)],
                                  disk=max(64 << 20, calls * 1024), devices=["-device", "edu"])
        if "exit status 0" not in console:
            sys.exit(f"the program did not end well in the virtual machine:\n{console[-2000:]}")
        if "descriptors status 0" not in console:
            sys.exit(f"the kernel does with descriptors what the test does not expect:\n"
                     f"{console[-3000:]}")
        version = re.search(r"running kernel (\d+\.\d+)", console).group(1)
        huge = re.search(r"transparent huge pages (\d)", console).group(1)
        if version not in PROFILES:
            vm.skip(f"the kernel is {version}, of which the engine has no profile")
        part = "all" if version in WHOLE else "wrong"
        log = f"{d}/engine"
        subprocess.run([engine_program, log, str(seed), str(calls), version, huge, part],
                       check=True, timeout=3000)
        ours = vm.read(log).rstrip(b"\0").decode(errors="replace")
        if os.environ.get("IOM_FUZZ_KEEP"):
            keep(theirs, ours)
        if not compare(theirs, ours, [(p, r) for age, p, r in explained(rules)
                                      if age in (None, version)]):
            sys.exit(1)
    what = f"{calls} random calls of seed {seed} and the scripts" if part == "all" \
        else "every structure with every word wrong"
    print(f"{what}: the kernel ({version}) and the engine answer alike, "
          f"{theirs.count(chr(10))} lines")


if __name__ == "__main__":
    main()
