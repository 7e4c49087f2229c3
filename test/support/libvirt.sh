#!/bin/sh
# npm run test:libvirt [-- [--core] [--suite trixie] [WORD...]]   installs what is missing, then runs
# test/libvirt/main.ts in a kernel's namespaces of its own. As root only, since libvirt's daemon is.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
export PATH

[ "$(id -u)" = 0 ] || {
  echo 'libvirt: nothing was tested: not root (as root: npm run test:libvirt)' >&2
  exit 1
}
sh build/setup.sh
sh test/support/libvirt-setup.sh "$@"
exec sh test/support/netns.sh node --import tsx test/libvirt/main.ts "$@"
