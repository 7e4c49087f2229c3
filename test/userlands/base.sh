#!/bin/sh
# base.sh SUITE FOLDER   a Debian of SUITE in FOLDER with what virt-shaper and its tests call. Where its Node.js is too
# old for virt-shaper, it gets this machine's. Once: FOLDER.installed says that it is whole.

set -eu
suite=$1
folder=$2
packages='nftables iproute2 procps iputils-ping nodejs'
[ ! -e "$folder.installed" ] || exit 0

# shellcheck disable=SC2086 # a list of words
sh "$(dirname "$0")/../support/debian.sh" "$suite" "$folder" $packages

is_new() {
  version=$(chroot "$folder" node --version 2>/dev/null) || return 1
  major=${version#v}
  [ "${major%%.*}" -ge 20 ]
}

# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive chroot "$folder" \
  apt-get install -y --no-install-recommends $packages >>"$folder.log" 2>&1 || {
  tail -n 20 "$folder.log" >&2
  echo "userlands: the packages of Debian $suite could not be installed: all of it is in $folder.log" >&2
  exit 1
}
is_new || cp "$(node -p process.execPath)" "$folder/usr/local/bin/node"
is_new || {
  echo "userlands: Debian $suite has no Node.js 20, and this machine's does not run in it" >&2
  exit 1
}
touch "$folder.installed"
