#!/bin/sh
# npm run demo   sets up what is missing, then runs test/lab/demo.ts.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
export PATH

sh build/setup.sh
exec node --import tsx test/lab/demo.ts "$@"
