#!/bin/sh
# fetch.sh SUITE FOLDER   puts the kernel of a Debian suite into FOLDER: vmlinuz, its modules, and an initramfs that
# reaches this machine's files. Nothing of it is installed; only qemu and what unpacks are, where they are missing.
# apt gets lists of its own in FOLDER, so those of this machine stay as they are.

set -eu
init=$(cd "$(dirname "$0")" && pwd)/init.sh
suite=$1
folder=$2
[ ! -e "$folder/release" ] || exit 0

say() { printf 'kernels: %s\n' "$*" >&2; }
quietly() { "$@" </dev/null >>"$log" 2>&1; }
fail() {
  tail -n 20 "$log" >&2
  say "$*"
  exit 1
}

rm -rf "$folder"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/unpacked"
folder=$(cd "$folder" && pwd)
log=$folder/log

install_tools() {
  missing=
  for need in qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio modprobe:kmod xz:xz-utils zstd:zstd; do
    command -v "${need%%:*}" >/dev/null 2>&1 || missing="$missing ${need#*:}"
  done
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || fail "missing (as root: apt-get install$missing)"
  say "installing$missing (apt-get)"
  # shellcheck disable=SC2086 # a list of words
  apt_install $missing || { quietly apt-get update && apt_install $missing; } || fail "apt-get could not install$missing"
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y -o DPkg::Lock::Timeout=300 --no-install-recommends "$@"
}

# The archive that this machine's apt uses, with the suite's own lists. Where it uses no security updates, their
# archive is taken to lie beside the main one, as on Debian's own hosts.
own_apt() {
  sites=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | sed 's|/*$||')
  first() { printf '%s\n' "$sites" | grep -m 1 "$1\$"; }
  site=$(first /debian) || fail "apt has no archive /debian here: Debian's kernels are fetched from a Debian"
  case $suite in *-security) site=$(first /debian-security || echo "$site-security") ;; esac
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" >"$folder/apt/sources.list"
  quietly with_apt apt-get update || fail "the suite $suite is not to be had from $site"
}

with_apt() {
  tool=$1
  shift
  "$tool" -o Dir::Etc::sourcelist="$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$folder/apt/lists" -o Dir::Cache="$folder/apt/cache" -o Acquire::Languages=none \
    -o APT::Default-Release= -o APT::Sandbox::User=root "$@"
}

depends_of() {
  with_apt apt-cache depends "$1" 2>>"$log" | sed -n 's/.*Depends: \(linux-[a-z]*-[0-9][^ ]*\)$/\1/p'
}

unpack_kernel() {
  image=$(depends_of linux-image-amd64 | grep '^linux-image-' | head -n 1)
  [ -n "$image" ] || fail "$suite has no linux-image-amd64"
  release=${image#linux-image-}
  say "fetching $image of $suite"
  # From 6.19 on the image and the modules are packages of their own.
  parts="$image $(depends_of "$image" | grep -E '^linux-(binary|modules)-' || true)"
  # shellcheck disable=SC2086 # a list of words
  (cd "$folder/unpacked" && quietly with_apt apt-get download $parts) || fail "$image could not be fetched"
  for package in "$folder"/unpacked/*.deb; do quietly dpkg-deb -x "$package" "$folder/unpacked"; done
  for image in "$folder/unpacked/boot/vmlinuz-$release" "$folder/unpacked/usr/lib/modules/$release/vmlinuz"; do
    [ ! -e "$image" ] || mv "$image" "$folder/vmlinuz"
  done
  mkdir -p "$folder/lib/modules"
  for tree in "$folder/unpacked/lib/modules/$release" "$folder/unpacked/usr/lib/modules/$release"; do
    [ ! -d "$tree/kernel" ] || [ -L "${tree%/lib/modules/*}/lib" ] || mv "$tree" "$folder/lib/modules/"
  done
  # What has to be unpacked is unpacked here, where the CPU is not an emulated one.
  find "$folder/lib" -name '*.ko.xz' -exec xz -d {} +
  find "$folder/lib" -name '*.ko.zst' -exec zstd -q -d --rm {} +
  quietly depmod -b "$folder" "$release" || fail "the modules of $release are not whole"
}

make_initramfs() {
  tree=$folder/initramfs
  mkdir -p "$tree/bin" "$tree/modules"
  cp "$(command -v busybox)" "$tree/bin/busybox"
  cp "$init" "$tree/init"
  chmod 755 "$tree/init"
  # What is built in has no file, and from 6.19 on the packages do not list it: modprobe then calls it missing.
  for module in virtio_pci 9pnet_virtio 9p overlay; do
    modprobe -S "$release" -d "$folder" --show-depends "$module" 2>>"$log" || true
  done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$tree/modules/"
    basename "$file"
  done >"$tree/modules/order"
  (cd "$tree" && find . | cpio -o -H newc --quiet -R 0:0) >"$folder/initramfs.cpio"
}

: >"$log"
install_tools
own_apt
unpack_kernel
make_initramfs
rm -rf "$folder/unpacked" "$folder/initramfs" "$folder/apt"
echo "$release" >"$folder/release"
