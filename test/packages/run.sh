#!/bin/sh
# npm run test:packages [-- WORD...]   builds the packages, a former version of them and the same ones again, then runs
# scenarios/*.ts (those with a WORD in their names) on a Debian 13 that debootstrap makes: kept pristine in
# node_modules/.cache/packages/base, with every package that is needed, so that only the first run takes the network.
# Each scenario has namespaces of its own, without a way out, and the base under an overlay: nothing is left behind.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
cache=$PWD/node_modules/.cache/packages
base=$cache/base
release=trixie
# What the packages depend on, what judges them, what they meet on other hosts.
packages='nodejs nftables iproute2 lintian rpm rpmlint systemd systemd-sysv udev dbus'

say() { printf 'packages: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# The mirror that this machine is set up with, whichever that is.
mirror() {
  apt-get indextargets --format '$(SITE) $(LABEL)' | sed -n 's|^\([^ ]*/debian/*\) .*|\1|p' | head -n 1
}

make_base() {
  [ ! -e "$cache/base.ready" ] || return 0
  command -v debootstrap >/dev/null || {
    say 'installing debootstrap (apt-get)'
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap >/dev/null
  }
  site=$(mirror)
  [ -n "$site" ] || die 'apt has no mirror of Debian here'
  say "making a Debian 13 in $base (some minutes, once)"
  rm -rf "$base" "$cache/base.log"
  mkdir -p "$base"
  if ! {
    debootstrap --variant=minbase "$release" "$base" "$site" &&
      chroot "$base" apt-get update &&
      chroot "$base" apt-get install -y --no-install-recommends --download-only $packages
  } >"$cache/base.log" 2>&1; then
    tail -n 20 "$cache/base.log" >&2
    die "Debian 13 could not be made: all of it is in $cache/base.log"
  fi
  touch "$cache/base.ready"
}

[ "$(id -u)" = 0 ] || die 'needs root: it makes a Debian and installs packages in it'
mkdir -p "$cache"
sh test/support/setup.sh --tolerant
make_base

say 'building'
rm -rf "$cache/built" "$cache/again" "$cache/former"
sh packaging/package.sh --out "$cache/built"
(umask 077 && TZ=Asia/Kathmandu LC_ALL=C sh packaging/package.sh --out "$cache/again")
sh packaging/package.sh --version 0.0.9 --out "$cache/former"

failed=0
for scenario in test/packages/scenarios/*.ts; do
  name=$(basename "$scenario" .ts)
  chosen=
  [ $# -gt 0 ] || chosen=yes
  for word in "$@"; do case $name in *"$word"*) chosen=yes ;; esac done
  [ -n "$chosen" ] || continue
  echo "== $name"
  PACKAGES=$cache sh test/support/netns.sh node --import tsx "$scenario" || failed=1
done
exit $failed
