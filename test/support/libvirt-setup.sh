#!/bin/sh
# libvirt-setup.sh [--daemon] [--suite NAME]   installs what the tests against a real libvirtd need, and says so before:
# libvirt's daemon (whose service is neither enabled nor started), qemu, and in node_modules/.cache the distribution's own
# kernel for the guests, unpacked and not installed. With --daemon no kernel, nor what is done in guests that boot. With
# --suite a Debian of that name comes there too, with its libvirt. Runs outside the tests' namespaces, where the network is.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
guest=$PWD/node_modules/.cache/libvirt-guest
log=$(mktemp)
trap 'rm -f "$log"' EXIT

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf 'libvirt-setup: %s\n' "$*" >&2; }
quietly() { "$@" </dev/null >>"$log" 2>&1; }
fail() {
  cat "$log" >&2
  say "$*"
  exit 1
}

manager=
for name in apt-get dnf; do
  if [ -z "$manager" ] && have "$name"; then manager=$name; fi
done

packages_for() {
  case $manager:$1 in
    apt-get:libvirtd) echo libvirt-daemon libvirt-daemon-driver-qemu ;;
    apt-get:dnsmasq) echo dnsmasq-base ;;
    dnf:iptables) echo iptables-nft ;;
    dnf:libvirtd) echo libvirt-daemon libvirt-daemon-driver-qemu libvirt-daemon-driver-network ;;
    apt-get:virsh) echo libvirt-clients ;;
    dnf:virsh) echo libvirt-client ;;
    apt-get:qemu) echo qemu-system-x86 ;;
    dnf:qemu) echo qemu-system-x86-core ;;
    apt-get:qemu-img) echo qemu-utils ;;
    apt-get:busybox) echo busybox-static ;;
    *:depmod) echo kmod ;;
    dnf:rpm2cpio) echo rpm ;;
    *) echo "$1" ;;
  esac
}

is_there() {
  case $1 in
    qemu) have qemu-system-x86_64 || [ -x /usr/libexec/qemu-kvm ] ;;
    *) have "$1" ;;
  esac
}

install_packages() {
  packages=
  for command in libvirtd virsh qemu $more ${suite:+debootstrap}; do
    is_there "$command" || packages="$packages $(packages_for "$command")"
  done
  [ -n "$packages" ] || return 0
  [ -n "$manager" ] || fail "missing, and neither apt-get nor dnf is here:$packages"
  say "installing$packages ($manager)"
  # shellcheck disable=SC2086 # a list of words
  case $manager in
    apt-get) apt_install $packages || { quietly apt-get update && apt_install $packages; } ;;
    dnf) quietly dnf install -y --setopt=install_weak_deps=False $packages ;;
  esac || fail "$manager could not install$packages"
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y -o DPkg::Lock::Timeout=300 --no-install-recommends "$@"
}

# Debian's daemon does not begin without the user that only the package of its service makes, whoever runs the guests.
make_user() {
  [ "$manager" = apt-get ] || return 0
  ! getent passwd libvirt-qemu >/dev/null || return 0
  say 'adding the system user libvirt-qemu, whom libvirtd asks for'
  quietly useradd --system --user-group --no-create-home --home-dir /var/lib/libvirt --shell /usr/sbin/nologin \
    libvirt-qemu || fail 'useradd could not add libvirt-qemu'
}

# Into a folder that is renamed when it is complete, so that what was interrupted is begun anew.
fetch_kernel() {
  [ -d "$guest/kernel" ] && return
  rm -rf "$guest/fetching"
  mkdir -p "$guest/fetching"
  say "fetching the distribution's kernel for the guests ($manager)"
  (cd "$guest/fetching" && fetch_with_"$(echo "$manager" | tr -d -)") || fail "$manager could not fetch a kernel"
  mv "$guest/fetching" "$guest/kernel"
}

fetch_with_aptget() {
  package=$(newest_kernel)
  [ -n "$package" ] || { quietly apt-get update && package=$(newest_kernel); }
  quietly apt-get download "$package" || { quietly apt-get update && quietly apt-get download "$(newest_kernel)"; }
  for archive in ./*.deb; do dpkg-deb -x "$archive" . && rm "$archive"; done
}

# Debian's for virtual machines, or Ubuntu's.
newest_kernel() {
  for meta in linux-image-cloud-amd64 linux-image-virtual; do
    apt-cache depends "$meta" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1
  done | head -n 1
}

fetch_with_dnf() {
  quietly dnf download kernel-core kernel-modules-core ||
    { quietly dnf install -y 'dnf-command(download)' && quietly dnf download kernel-core kernel-modules-core; }
  for archive in ./*.rpm; do
    rpm2cpio "$archive" | cpio --quiet -id && rm "$archive"
  done
}

# A minute and a half; 1 GB.
fetch_debian() {
  [ -d "$guest/$1" ] && return
  rm -rf "$guest/fetching"
  mkdir -p "$guest"
  say "fetching Debian $1 with its libvirt (debootstrap)"
  quietly debootstrap --variant=minbase "$1" "$guest/fetching" http://deb.debian.org/debian ||
    fail "debootstrap could not fetch $1"
  # No service of it may be started here.
  printf '#!/bin/sh\nexit 101\n' >"$guest/fetching/usr/sbin/policy-rc.d"
  chmod 755 "$guest/fetching/usr/sbin/policy-rc.d"
  DEBIAN_FRONTEND=noninteractive quietly chroot "$guest/fetching" apt-get install -y --no-install-recommends \
    libvirt-daemon libvirt-daemon-driver-qemu libvirt-daemon-driver-network libvirt-clients \
    qemu-system-x86 qemu-utils nftables iproute2 nodejs || fail "no libvirt could be fetched for Debian $1"
  rm -rf "$guest/fetching/var/cache/apt/archives"
  mv "$guest/fetching" "$guest/$1"
}

suite=
more='dnsmasq iptables qemu-img iperf3 busybox cpio depmod'
while [ $# -gt 0 ]; do
  [ "$1" != --suite ] || suite=${2-}
  [ "$1" != --daemon ] || more=
  shift
done
[ "$(uname -m)" = x86_64 ] || fail 'the guests are made for x86_64 only'
install_packages
make_user
[ -z "$more" ] || fetch_kernel
[ -z "$suite" ] || fetch_debian "$suite"
