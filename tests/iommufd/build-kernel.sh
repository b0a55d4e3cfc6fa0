#!/bin/sh
# SPDX-License-Identifier: MIT
# Build a kernel with a real /dev/iommu and its test driver from Debian's
# linux-source package, and print where the image is. What was built before is
# used again. Usage: build-kernel.sh [linux-source-N.tar.xz]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/iommulate
source=${1:-$(ls /usr/src/linux-source-*.tar.xz 2>/dev/null | sort -V | tail -1 || true)}
if [ -z "$source" ]; then
	echo "build-kernel.sh: no linux-source package; apt install linux-source" >&2
	exit 77
fi
name=$(basename "$source" .tar.xz)
image=$cache/$name-$(cksum <"$here/kernel.config" | cut -d' ' -f1).bzImage
if [ ! -e "$image" ]; then
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/build.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	tar -C "$work" -xf "$source"
	cd "$work/$name"
	make -s x86_64_defconfig kvm_guest.config >&2
	./scripts/kconfig/merge_config.sh -m .config "$here/kernel.config" >&2
	make -s olddefconfig >&2
	nice make -s -j"$(nproc)" bzImage >&2
	cp arch/x86/boot/bzImage "$image.part"
	mv "$image.part" "$image"
fi
echo "$image"
