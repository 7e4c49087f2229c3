#!/bin/sh
# enter.sh BASE CHECKOUT COMMAND...   runs COMMAND in the Debian of BASE, in the folder CHECKOUT, which is there at its own
# path, as is what its node_modules leads to. Nothing that it writes is left.

set -eu
base=$1
checkout=$2
shift 2
root=/run/userland

sh "$(dirname "$0")/mount.sh" "$base" "$root" "$checkout" "$(readlink -f "$checkout/node_modules")"
# shellcheck disable=SC2016 # that shell's, not this one's
exec chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 NO_COLOR=1 VIRT_SHAPER_NETNS=1 \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c 'cd "$0" && exec "$@"' "$checkout" "$@"
