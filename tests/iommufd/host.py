#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`iommulate host`: on a machine without /dev/iommu, and on one with a VT-d unit and VFIO.

    host.py COMMAND

The second runs in a virtual machine whose kernel has iommufd. A device is given to
VFIO; what the command says of it is compared with what sysfs says.
"""
import re
import subprocess
import sys
import tempfile

import vm

INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
echo "== nothing given"
/iommulate host
echo "status $?"
for d in /sys/bus/pci/devices/*; do
	[ "$($b cat $d/vendor):$($b cat $d/device)" = 0x1234:0x11e8 ] || continue
	echo vfio-pci >$d/driver_override
	echo "$($b basename $d)" >/sys/bus/pci/drivers_probe
	$b ls $d/vfio-dev
done
for n in $($b ls /sys/class/vfio-dev); do
	dev=$($b cat /sys/class/vfio-dev/$n/dev)
	$b mkdir -p /dev/vfio/devices
	[ -e /dev/vfio/devices/$n ] || $b mknod /dev/vfio/devices/$n c ${dev%:*} ${dev#*:}
done
echo "== one given"
/iommulate host
echo "status $?"
/iommulate host --device /dev/vfio/devices/vfio7
echo "status $?"
echo "sysfs cap $($b cat /sys/class/iommu/dmar0/intel-iommu/cap)"
echo "sysfs ecap $($b cat /sys/class/iommu/dmar0/intel-iommu/ecap)"
$b poweroff -f
"""


def expect(ok, what, console):
    if not ok:
        sys.exit(f"expected: {what}\n{console[-4000:]}")


def without(command):
    """A machine that has no /dev/iommu says so plainly, and that is no error."""
    done = subprocess.run([command, "host"], capture_output=True, text=True)
    with_one = subprocess.run(["test", "-e", "/dev/iommu"]).returncode == 0
    if with_one:
        print("this machine has a /dev/iommu of its own")
        return
    expect(done.returncode == 0 and "there is no /dev/iommu on this host" in done.stdout,
           "a plain word that there is none", done.stdout + done.stderr)
    done = subprocess.run([command, "host", "--device", "/dev/vfio/devices/vfio0"],
                          capture_output=True, text=True)
    expect(done.returncode == 2, "status 2 for a device that cannot be had", done.stdout)


def main():
    command = sys.argv[1]
    without(command)
    kernel = vm.find_kernel()
    programs = [("iommulate", command)] + [(path, path) for path in vm.libraries(command)]
    with tempfile.TemporaryDirectory() as d:
        console, _ = vm.boot(
            d, kernel, INIT, programs, cmdline="intel_iommu=on,sm_on",
            devices=["-device", "intel-iommu,intremap=on,x-scalable-mode=on,caching-mode=on",
                     "-device", "edu"])
    before, _, after = console.partition("== one given")
    for call in ("IOAS_MAP", "HWPT_ALLOC", "HWPT_INVALIDATE", "VIOMMU_ALLOC"):
        expect(re.search(rf"^ +{call} +yes", before, re.M), f"{call} offered", console)
    expect("no device is given to VFIO" in before, "no device yet", console)
    expect(re.search(r"^device vfio/devices/vfio0$", after, re.M), "a device", console)
    expect(re.search(r"hardware +Intel VT-d", after), "behind VT-d", console)
    for ours, theirs in (("CAP_REG", "cap"), ("ECAP_REG", "ecap")):
        shown = re.search(rf"^ +{ours} +0x([0-9a-f]+)", after, re.M)
        real = re.search(rf"sysfs {theirs} ([0-9a-f]+)", after)
        expect(shown and real and int(shown.group(1), 16) == int(real.group(1), 16),
               f"{ours} as sysfs has it", console)
    expect("1234:11e8" in after, "the PCI id of the device", console)
    expect(re.search(r"BAR 0 +1048576 bytes, can be mapped", after), "its BAR", console)
    expect(re.search(r"MSI +1$", after, re.M), "its message", console)
    expect(after.count("status 0") == 1 and "vfio7" in after.split("status 0")[1],
           "a device that is not there named", console)
    kind = re.search(r"hardware +(Intel.*)", after).group(1)
    print(f"no /dev/iommu: said plainly; in a virtual machine: {kind}, as sysfs has it")


if __name__ == "__main__":
    main()
