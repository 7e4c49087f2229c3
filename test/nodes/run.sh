#!/bin/sh
# npm run test:nodes [-- [--node VERSION]... [--list] [--docs] [WORD...]]   installs what is missing, then runs
# test/nodes/main.ts: the built program with other versions of Node.js, which it fetches from npm's registry once.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
export PATH

sh build/setup.sh
exec node --import tsx test/nodes/main.ts "$@"
