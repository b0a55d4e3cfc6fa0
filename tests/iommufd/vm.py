# SPDX-License-Identifier: MIT
"""A Linux kernel with a real /dev/iommu under QEMU, for the tests that need one.

The kernel is $IOM_VM_KERNEL (or $IOM_VM_KERNEL_ARM64), else one that build-kernel.sh
has made of an installed linux-source package.
"""
import gzip
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MACHINES = {
    "x86_64": ["qemu-system-x86_64", "-accel", "tcg", "-M", "q35", "-cpu", "max"],
    "aarch64": ["qemu-system-aarch64", "-accel", "tcg", "-M", "virt,iommu=smmuv3", "-cpu", "max"],
}
CONSOLES = {"x86_64": "ttyS0", "aarch64": "ttyAMA0"}
# A busy machine is late with timer interrupts, which the kernel takes for a broken one.
EXTRA = {"x86_64": "no_timer_check", "aarch64": ""}


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            skip(f"{tool} is not installed")


def find_kernel(arch="x86_64"):
    need(MACHINES[arch][0], "busybox")
    variable = "IOM_VM_KERNEL" if arch == "x86_64" else "IOM_VM_KERNEL_ARM64"
    kernel = os.environ.get(variable)
    if kernel:
        if not os.path.exists(kernel):
            sys.exit(f"{variable}: {kernel}: no such file")
        return kernel
    if arch != "x86_64":
        skip(f"no kernel: set {variable} to an Image with iommufd and its test driver")
    done = subprocess.run([f"{HERE}/build-kernel.sh"], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        skip(f"no kernel: set {variable} to a bzImage with iommufd and its test driver, or "
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


def busybox_of(arch):
    path = shutil.which("busybox")
    return read(path) if arch == os.uname().machine else None


def boot(directory, kernel, init, programs, arch="x86_64", disk=64 << 20, devices=(), cmdline="",
         timeout=3000):
    """Boot, run the init, and give back what it printed and wrote to the disk.

    `init` is a busybox script where there is one for the architecture, else a program
    among `programs`: (path in the machine, path here).
    """
    files = [(d, 0o40755, b"") for d in ("bin", "dev", "proc", "sys", "tmp", "lib64")]
    shell = busybox_of(arch)
    if shell:
        files += [("bin/busybox", 0o100755, shell), ("init", 0o100755, init.encode())]
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
    if kernel.endswith(".gz"):
        with gzip.open(kernel) as packed, open(f"{directory}/kernel", "wb") as f:
            shutil.copyfileobj(packed, f)
        kernel = f"{directory}/kernel"
    done = subprocess.run(
        MACHINES[arch] + ["-m", "1024", "-nographic", "-no-reboot", "-kernel", kernel, "-initrd",
                          initrd, "-drive", f"file={image},if=virtio,format=raw", *devices,
                          "-append",
                          f"console={CONSOLES[arch]} quiet panic=-1 {EXTRA[arch]} {cmdline}"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    console = done.stdout.decode(errors="replace").replace("\r", "")
    return console, read(image).rstrip(b"\0").decode(errors="replace")
