#!/bin/sh
# mount.sh BASE ROOT FOLDER...   puts the Debian in BASE at ROOT, under an overlay in memory, with this machine's devices, a
# /proc and /sys of the namespaces it is called in, and each FOLDER at its own path. For namespaces of
# test/support/netns.sh: with them all of it goes.

set -eu
base=$1
root=$2
shift 2

mkdir -p "$root"
mount -t tmpfs memory "$root"
mkdir "$root/upper" "$root/work" "$root/new"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$root/upper,workdir=$root/work" "$root/new"
mount -t proc proc "$root/new/proc"
mount -t sysfs sysfs "$root/new/sys"
mount --rbind /dev "$root/new/dev"
mount -t tmpfs run "$root/new/run"
for folder; do
  mkdir -p "$root/new$folder"
  mount --bind "$folder" "$root/new$folder"
done
mount --move "$root/new" "$root"
