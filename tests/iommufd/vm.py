# SPDX-License-Identifier: MIT
"""A Linux kernel with a real /dev/iommu under QEMU, for the tests that need one.

The kernel is $IOM_VM_KERNEL, else one that build-kernel.sh has made, or makes, of a
linux-source package.
"""
import gzip
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-M", "q35", "-cpu", "max", "-m", "1024",
        "-nographic", "-no-reboot"]
# A busy machine is late with timer interrupts, which the kernel takes for a broken one.
COMMAND_LINE = "console=ttyS0 quiet panic=-1 no_timer_check"


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            skip(f"{tool} is not installed")


def find_kernel():
    need(QEMU[0], "busybox")
    kernel = os.environ.get("IOM_VM_KERNEL")
    if kernel:
        if not os.path.exists(kernel):
            sys.exit(f"IOM_VM_KERNEL: {kernel}: no such file")
        return kernel
    done = subprocess.run([f"{HERE}/build-kernel.sh"], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        skip("no kernel: set IOM_VM_KERNEL to a bzImage with iommufd and its test driver, or "
             "install a linux-source package")
    return done.stdout.strip()


def cpio(files):
    """A 'newc' archive: (name, mode, content)."""
    out = []
    for number, (name, mode, data) in enumerate(files + [("TRAILER!!!", 0, b"")]):
        fields = [number + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        out += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]
    return b"".join(out)


def libraries(program):
    """What a dynamically linked program needs to run: paths."""
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return sorted(set(re.findall(r"(/[^ ]+) \(0x", out)))


def read(path):
    with open(path, "rb") as f:
        return f.read()


def boot(directory, kernel, init, programs, disk=64 << 20, devices=(), cmdline="", timeout=3000):
    """Boot, run the busybox script `init`, and give back what it printed and wrote to the disk.

    `programs` are pairs: the path in the machine, the path here.
    """
    files = [(d, 0o40755, b"") for d in ("bin", "dev", "proc", "sys", "tmp")]
    files += [("bin/busybox", 0o100755, read(shutil.which("busybox"))),
              ("init", 0o100755, init.encode())]
    made = {name for name, _, _ in files}
    for name, path in programs:
        parents = name.strip("/").split("/")
        for n in range(1, len(parents)):
            parent = "/".join(parents[:n])
            if parent not in made:
                files.append((parent, 0o40755, b""))
                made.add(parent)
        files.append((name.strip("/"), 0o100755, read(path)))
    initrd, image = f"{directory}/initrd.gz", f"{directory}/disk"
    with gzip.open(initrd, "wb", 1) as f:
        f.write(cpio(files))
    with open(image, "wb") as f:
        f.truncate(disk)
    done = subprocess.run(
        QEMU + ["-kernel", kernel, "-initrd", initrd, "-drive",
                f"file={image},if=virtio,format=raw", *devices, "-append",
                f"{COMMAND_LINE} {cmdline}"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    console = done.stdout.decode(errors="replace").replace("\r", "")
    return console, read(image).rstrip(b"\0").decode(errors="replace")
