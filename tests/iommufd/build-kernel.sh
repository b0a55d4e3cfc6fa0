#!/bin/sh
# SPDX-License-Identifier: MIT
# Build a kernel with a real /dev/iommu and its test driver from Debian's
# linux-source package, and print where the image is.
#
#   build-kernel.sh [-t] [-d] [-s SUITE] [VERSION | linux-source-VERSION.tar.xz]
#
#   VERSION  which package, "6.12"; without one the newest that is installed
#   -d       download the package if it is not installed (no rights needed)
#   -s       the same, from another suite ("sid"); the system's own package
#            sources are left alone
#   -t       only unpack what the kernel's selftest program is made of, and print
#            the directory: a value for IOM_KERNEL_SOURCE
#
# What was made before is used again: an image is known by its package and by the
# content of kernel.config. The cache is $XDG_CACHE_HOME/iommulate. JOBS: how many
# compilers run at once (all processors). Exit status 77: there is no source.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/iommulate
download='' suite='' tree='' source=''

die() {
	echo "build-kernel.sh: $2" >&2
	exit "$1"
}

while getopts ds:t option; do
	case $option in
	d) download=yes ;;
	s) download=yes suite=$OPTARG ;;
	t) tree=yes ;;
	*) die 2 "usage: build-kernel.sh [-t] [-d] [-s SUITE] [VERSION | TARBALL]" ;;
	esac
done
shift $((OPTIND - 1))

# apt with lists of its own, of one suite of the mirror that is configured.
apt_suite() {
	lists=$cache/apt-$suite
	set -- -qq -o "Dir::State::Lists=$lists/lists" -o "Dir::Cache::archives=$lists/archives" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o "Dir::Etc::SourceList=$lists/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null "$@"
	if [ ! -e "$lists/fresh" ]; then
		mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
			grep '/debian/*$' | head -1)
		[ -n "$mirror" ] || die 77 "no Debian mirror is configured"
		mkdir -p "$lists/lists/partial" "$lists/archives/partial"
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
			"$mirror $suite main" >"$lists/sources.list"
		apt_update "$@"
		touch "$lists/fresh"
	fi
	apt-get "$@"
}

# The same options, without the command and what it is about.
apt_update() {
	while [ "$1" != download ]; do
		set -- "$@" "$1"
		shift
	done
	shift 2
	apt-get "$@" update >&2
}

# Leave the tarball of a version in the cache: $source.
fetch() {
	source=$cache/linux-source-$1${suite:+-$suite}.tar.xz
	[ ! -e "$source" ] || return 0
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	if [ -n "$suite" ]; then
		apt_suite download "linux-source-$1" >&2 || die 77 "no linux-source-$1 in $suite"
	else
		apt-get -qq download "linux-source-$1" >&2 || die 77 "no package linux-source-$1"
	fi
	dpkg-deb --fsys-tarfile ./*.deb | tar -xf - --wildcards './usr/src/*.tar.xz'
	mv usr/src/*.tar.xz "$source"
	rm -rf "$work"
	trap - EXIT
}

case ${1:-} in
*.tar.xz) source=$1 ;;
'') source=$(ls /usr/src/linux-source-*.tar.xz 2>/dev/null | sort -V | tail -1 || true) ;;
*)
	source=/usr/src/linux-source-$1.tar.xz
	[ -e "$source" ] && [ -z "$suite" ] || source=''
	;;
esac
if [ -z "$source" ] && [ -n "$download" ]; then
	version=${1:-$(apt-cache pkgnames linux-source- | sed -n 's/^linux-source-\([0-9]\)/\1/p' |
		sort -V | tail -1)}
	fetch "$version"
fi
config=$(cksum <"$here/kernel.config" | cut -d' ' -f1)
# What was made of a package that is there no more.
if [ -z "$source" ]; then
	[ -n "$tree" ] && pattern="linux-source-${1:-*}-*.tree" ||
		pattern="linux-source-${1:-*}-*-$config.bzImage"
	result=$(cd "$cache" 2>/dev/null && ls -d $pattern 2>/dev/null | sort -V | tail -1 || true)
	[ -n "$result" ] || die 77 "no linux-source package; install one, or ask for -d"
	echo "$cache/$result"
	exit 0
fi
[ -e "$source" ] || die 2 "$source: no such file"

# Named by what it holds, so that a newer package of the same version is built anew.
name=$(basename "$source" .tar.xz)
key=$(stat -c %s "$source")
if [ -n "$tree" ]; then
	result=$cache/$name-$key.tree
else
	result=$cache/$name-$key-$config.bzImage
fi
if [ -e "$result" ]; then
	echo "$result"
	exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ -n "$tree" ]; then
	tar -C "$work" -xf "$source" --strip-components=1 --wildcards \
		'*/tools/testing/selftests/iommu' '*/tools/testing/selftests/*.h' \
		'*/include/uapi' '*/tools/include' '*/drivers/iommu/iommufd/iommufd_test.h'
	mv "$work" "$result"
	trap - EXIT
	echo "$result"
	exit 0
fi
tar -C "$work" -xf "$source" --strip-components=1 --exclude='*/Documentation/*/*'
cd "$work"
make -s tinyconfig >&2
./scripts/kconfig/merge_config.sh -m .config "$here/kernel.config" >&2
make -s olddefconfig >&2
for wanted in IOMMUFD IOMMUFD_TEST VFIO_DEVICE_CDEV; do
	grep -q "^CONFIG_$wanted=y" .config || die 1 "$name cannot be built with CONFIG_$wanted"
done
nice make -s -j"${JOBS:-$(nproc)}" bzImage >&2
cp arch/x86/boot/bzImage "$result.part"
mv "$result.part" "$result"
echo "$result"
