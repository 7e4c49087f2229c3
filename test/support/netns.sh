#!/bin/sh
# netns.sh COMMAND...   runs COMMAND in a kernel of its own: fresh network, mount and process namespaces.
#
# Without root it becomes root of a user namespace. /sys is mounted anew, because /sys/class/net shows the
# namespace of its mounter; /run is empty, so that `ip netns add` works and leaves nothing behind. When this
# process ends or is killed, the kernel kills everything COMMAND started: nothing outlives a test.
# VIRT_SHAPER_NETNS tells a test that it may do with the network what it likes.

PATH=$PATH:/usr/sbin:/sbin
export PATH VIRT_SHAPER_NETNS=1

user=
unshare --net true 2>/dev/null || user=--map-root-user

# The last "exit" keeps the shell: as process 1 it reaps what COMMAND leaves behind.
# shellcheck disable=SC2016,SC2086
exec unshare $user --net --mount --pid --fork --kill-child --mount-proc sh -c '
  mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run && ip link set lo up || exit 125
  "$@"
  exit $?' netns.sh "$@"
