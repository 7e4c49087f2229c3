#!/bin/sh
# npm run test:packages [-- WORD...]   builds the packages, a former version of them, the same ones again and those of 0.1.0
# as history has them, then runs scenarios/*.ts on Debians that debootstrap makes: all of them on 13 (trixie), those that live
# through a host's life on 12 (bookworm) too. A WORD picks what has it in its name: `life`, `bookworm`, `bookworm/life`. The Debians are kept
# pristine in node_modules/.cache/packages, with every package that is needed, so that only the first run takes the network.
# Each scenario has namespaces of its own, without a way out, and the base under an overlay: nothing is left behind.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
cache=$PWD/node_modules/.cache/packages
# What the packages depend on, and what they meet on other hosts; what judges them, too.
needed='nodejs nftables iproute2 systemd systemd-sysv udev dbus'
judges='lintian rpm rpmlint'
# The first commit of 0.1.0 that built a package, and its last before 0.2.
olds='a3e4a32 675a2f0'
# What 0.1.0 takes on Debian 12, where NodeSource's is another than Debian's.
nodesource=20.19.2

say() { printf 'packages: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

[ "$(id -u)" = 0 ] || die 'needs root: it makes a Debian and installs packages in it'
mkdir -p "$cache"
sh build/setup.sh --tolerant
# On which Debians a scenario runs.
debians() {
  case $1 in
    life | systemd | upgrade) echo trixie bookworm ;;
    *) echo trixie ;;
  esac
}

# shellcheck disable=SC2086 # lists of words
make_debian() {
  case $1 in
    trixie) sh test/support/debian.sh "$1" "$cache/$1" $needed $judges ;;
    *) sh test/support/debian.sh "$1" "$cache/$1" $needed ;;
  esac
}

# 0.1.0, and the Node.js it needs.
make_olds() {
  for commit in $olds; do sh test/packages/old.sh "$commit" "$cache/old/$commit"; done
  fetch='import { fetchNode } from "./test/nodes/fetch.ts"; console.log(fetchNode(process.argv[1]))'
  NODESOURCE=$(node --import tsx --input-type=module --eval "$fetch" "$nodesource")
  OLDS=$olds
  export NODESOURCE OLDS
}

chosen() {
  name=$1
  shift
  [ $# -gt 0 ] || return 0
  for word; do case $name in *"$word"*) return 0 ;; esac done
  return 1
}

say 'building'
rm -rf "$cache/built" "$cache/again" "$cache/former"
sh packaging/package.sh --out "$cache/built"
(umask 077 && TZ=Asia/Kathmandu LC_ALL=C sh packaging/package.sh --out "$cache/again")
sh packaging/package.sh --version 0.0.9 --out "$cache/former"

failed=0
for scenario in test/packages/scenarios/*.ts; do
  for debian in $(debians "$(basename "$scenario" .ts)"); do
    name=$debian/$(basename "$scenario" .ts)
    chosen "$name" "$@" || continue
    make_debian "$debian"
    [ "$(basename "$scenario" .ts)" != upgrade ] || make_olds
    echo "== $name"
    PACKAGES=$cache DEBIAN=$cache/$debian sh test/support/netns.sh node --import tsx "$scenario" || failed=1
  done
done
exit $failed
