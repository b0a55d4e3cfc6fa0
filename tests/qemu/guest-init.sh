#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# First process of the guest: mounts, helpers, the row's work, what the kernel said.
/bin/busybox mkdir -p /usr/bin /sbin /proc /sys /dev /run
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmpfs /run
for m in /mods/*.ko; do [ -e "$m" ] && insmod "$m"; done
PCI=/sys/bus/pci
echo "KERNEL $(uname -r) $(uname -m)"
echo "BOOTED $(cut -d' ' -f1 /proc/uptime)"

# check NAME COMMAND...: one line of result
check() {
	name=$1
	shift
	if "$@" >/run/out 2>&1; then echo "CHECK $name ok"; else
		echo "CHECK $name FAIL: $(tail -1 /run/out)"
	fi
}
# the PCI function behind a block device or network interface
pci_of() {
	for d in /sys/class/block/$1/device /sys/class/net/$1/device; do
		[ -e "$d" ] && readlink -f "$d"
	done | grep -oE '[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9]' | tail -1
}
# A disk that is found again has its node a moment before it can be opened.
ready() { [ -e "$1" ] && { [ ! -b "$1" ] || dd if="$1" of=/dev/null bs=4096 count=1 2>/dev/null; }; }
wait_for() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		ready "$1" && return 0
		sleep 0.5
	done
	echo "$1 does not appear"
	return 1
}
group_type() { cat "$PCI/devices/$1/iommu_group/type"; }
is_type() {
	t=$(group_type "$1")
	echo "group type is $t, expected $2"
	[ "$#" = 2 ] && [ "$t" = "$2" ]
}
driver_of() { basename "$(readlink "$PCI/devices/$1/driver")"; }
unbind() { echo "$1" >"$PCI/drivers/$(driver_of "$1")/unbind"; }
bind() { echo "$1" >"$PCI/drivers/$2/bind"; }
set_type() { echo "$2" >"$PCI/devices/$1/iommu_group/type" && is_type "$1" "$2"; }
fetch() {
	ip link set "$1" up && ip addr add 10.0.2.15/24 dev "$1" 2>/dev/null
	for _ in 1 2 3 4 5; do
		tftp -g -b 1400 -r file -l /run/file 10.0.2.2 && break
		sleep 1
	done
	[ "$(md5sum </run/file | cut -c1-32)" = "$(cat /file.md5)" ]
}
nvme() { wait_for /dev/nvme0n1 && guest-io verify /dev/nvme0n1 "$@"; }
vda() { wait_for /dev/vda && guest-io verify /dev/vda "$@"; }

. /work.sh

echo DMESG-BEGIN
dmesg -r | grep -E '^<[0-4]>|[Ii][Oo][Mm][Mm][Uu]|[Ss][Mm][Mm][Uu]|DMAR'
echo DMESG-END
echo GUEST-END
poweroff -f
sleep 1000
