#!/bin/sh
# debian.sh SUITE FOLDER PACKAGE...   makes a Debian in FOLDER by debootstrap, from the mirror that this machine is set up
# with, and fetches the packages into its cache without installing them. Once: FOLDER.ready says that it is whole.

set -eu
PATH=$PATH:/usr/sbin:/sbin
suite=$1
folder=$2
shift 2
[ ! -e "$folder.ready" ] || exit 0

say() { printf 'debian: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# The first of apt that is a Debian archive.
mirror() {
  apt-get indextargets --format '$(SITE) $(LABEL)' | sed -n 's|^\([^ ]*/debian/*\) .*|\1|p' | head -n 1
}

command -v debootstrap >/dev/null || {
  say 'installing debootstrap (apt-get)'
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap >/dev/null
}
site=$(mirror)
[ -n "$site" ] || die 'apt has no mirror of Debian here'
say "making a Debian $suite in $folder (some minutes, once)"
rm -rf "$folder" "$folder.log"
mkdir -p "$folder"
if ! {
  debootstrap --variant=minbase "$suite" "$folder" "$site" &&
    chroot "$folder" apt-get update &&
    chroot "$folder" apt-get install -y --no-install-recommends --download-only "$@"
} >"$folder.log" 2>&1; then
  tail -n 20 "$folder.log" >&2
  die "Debian $suite could not be made: all of it is in $folder.log"
fi
touch "$folder.ready"
