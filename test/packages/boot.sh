#!/bin/sh
# boot.sh ROOT   runs the systemd of the machine below ROOT as the first process of namespaces of its own, on this
# process's network. cgroups are its own too: it would take over those of this machine otherwise.

set -eu
# shellcheck disable=SC2016 # for the inner shell
exec unshare --mount --pid --cgroup --uts --ipc --fork --kill-child sh -euc '
  cd "$1"
  mount --make-rprivate /
  mount -t proc proc proc
  mount -t tmpfs tmpfs run
  umount sys
  mount -t sysfs sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mkdir -p former
  pivot_root . former
  umount -l /former
  exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=null --show-status=no
' boot.sh "$1"
