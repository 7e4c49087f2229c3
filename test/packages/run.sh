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

[ "$(id -u)" = 0 ] || die 'needs root: it makes a Debian and installs packages in it'
mkdir -p "$cache"
sh build/setup.sh --tolerant
# shellcheck disable=SC2086 # a list of words
sh test/support/debian.sh "$release" "$base" $packages

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
