#!/bin/sh
# npm test [-- WORD...]   sets up what is missing, then runs typecheck, lint and the tests (those whose name
# has a WORD in it). Works without root as far as user namespaces and installed commands go; what is skipped
# is listed with its reason. The last line on stdout is "N passed, N failed, N skipped", whatever happens.

cd "$(dirname "$0")/../.." || exit
PATH=$PATH:/usr/sbin:/sbin
export PATH

sh build/setup.sh --tolerant secilc dnsmasq busybox || {
  echo '0 passed, 1 failed, 0 skipped'
  exit 1
}
exec node --import tsx test/support/run-tests.ts "$@"
