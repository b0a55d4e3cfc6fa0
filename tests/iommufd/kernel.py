#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same calls on the kernel and on the engine, answers compared one by one.

    kernel.py PROGRAM-FOR-THE-KERNEL PROGRAM-ON-THE-ENGINE EXPLAINED [CALLS [SEED]]

The kernel is $IOM_VM_KERNEL, else one built by build-kernel.sh from the
linux-source package that is installed. It runs under qemu-system-x86_64, with the
program in an initramfs; its log comes out through a disk.
"""
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile

INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
echo "running kernel $(/bin/busybox uname -r)"
/program /dev/vda {seed} {calls}
echo "exit status $?"
/bin/busybox poweroff -f
"""


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def find_kernel():
    kernel = os.environ.get("IOM_VM_KERNEL")
    if kernel:
        return kernel
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "build-kernel.sh")
    done = subprocess.run([script], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        skip("no kernel: set IOM_VM_KERNEL to a bzImage with iommufd and its test driver, or "
             "install linux-source")
    return done.stdout.strip()


def cpio(files):
    """A 'newc' archive: (name, mode, content)."""
    out = b""
    for number, (name, mode, data) in enumerate(files + [("TRAILER!!!", 0, b"")]):
        fields = [number + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return out


def boot(directory, kernel, program, calls, seed):
    busybox = shutil.which("busybox")
    files = [(d, 0o40755, b"") for d in ("bin", "dev", "proc", "tmp")]
    files += [("bin/busybox", 0o100755, open(busybox, "rb").read()),
              ("program", 0o100755, open(program, "rb").read()),
              ("init", 0o100755, INIT.format(seed=seed, calls=calls).encode())]
    initrd, disk = f"{directory}/initrd.gz", f"{directory}/disk"
    with gzip.open(initrd, "wb", 1) as f:
        f.write(cpio(files))
    with open(disk, "wb") as f:
        f.truncate(max(64 << 20, calls * 1024))
    done = subprocess.run(
        ["qemu-system-x86_64", "-accel", "tcg", "-M", "q35", "-cpu", "max", "-m", "1024",
         "-nographic", "-no-reboot", "-kernel", kernel, "-initrd", initrd, "-drive",
         f"file={disk},if=virtio,format=raw", "-append", "console=ttyS0 quiet panic=-1"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=3000)
    console = done.stdout.decode(errors="replace")
    if "exit status 0" not in console:
        sys.exit(f"the program did not end well in the virtual machine:\n{console[-2000:]}")
    version = re.search(r"running kernel (\d+\.\d+)", console)
    log = open(disk, "rb").read().rstrip(b"\0").decode(errors="replace")
    return version.group(1) if version else "?", log


def explained(path):
    """Lines of a pattern and a reason, separated by ' # '."""
    rules = []
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line and not line.startswith("#"):
            pattern, _, reason = line.partition(" # ")
            rules.append((re.compile(pattern), reason))
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


def main():
    vm_program, engine_program, rules = sys.argv[1:4]
    calls = int(os.environ.get("IOM_FUZZ_CALLS", sys.argv[4] if len(sys.argv) > 4 else 100000))
    seed = int(os.environ.get("IOM_FUZZ_SEED", sys.argv[5] if len(sys.argv) > 5 else 1))
    for tool in ("qemu-system-x86_64", "busybox"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    kernel = find_kernel()
    with tempfile.TemporaryDirectory() as d:
        version, theirs = boot(d, kernel, vm_program, calls, seed)
        if version != "7.2":
            skip(f"the kernel is {version}; the engine's answers are compared with 7.2's")
        log = f"{d}/engine"
        subprocess.run([engine_program, log, str(seed), str(calls)], check=True, timeout=3000)
        ours = open(log, "rb").read().rstrip(b"\0").decode(errors="replace")
        if os.environ.get("IOM_FUZZ_KEEP"):
            for name, text in (("kernel.log", theirs), ("engine.log", ours)):
                with open(os.path.join(os.environ["IOM_FUZZ_KEEP"], name), "w",
                          encoding="utf-8") as f:
                    f.write(text)
        if not compare(theirs, ours, explained(rules)):
            sys.exit(1)
    print(f"{calls} random calls of seed {seed} and the scripts: the kernel ({version}) and the "
          f"engine answer alike")


if __name__ == "__main__":
    main()
