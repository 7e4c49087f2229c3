#!/bin/sh
# npm run test:kernels [-- [--kernel K]... [--list] [--table] [WORD...]]   installs what is missing, then runs
# test/kernels/main.ts: stock kernels of Debian in an emulated machine, and the tests of test/kernel in each.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
export PATH

sh build/setup.sh
exec node --import tsx test/kernels/main.ts "$@"
