#!/bin/sh
# npm run test:userlands [-- [--userland SUITE]... [--list] [--docs] [WORD...]]   installs what is missing, then runs
# test/userlands/main.ts: the tests of test/kernel with the nft, tc and Node.js of other Debians, on this machine's kernel.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
export PATH

[ "$(id -u)" = 0 ] || {
  echo 'userlands: needs root: it makes Debians and runs in them' >&2
  exit 1
}
sh build/setup.sh
exec node --import tsx test/userlands/main.ts "$@"
