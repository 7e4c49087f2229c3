#!/bin/sh
# setup.sh [--tolerant] [COMMAND...]   makes a fresh checkout on a fresh machine ready to run: what npm run setup, npm
# test, npm run demo and npm run bench begin with. Installs what is missing (system packages as root only), says so
# before, and builds. --tolerant goes on without system packages that cannot be installed, for tests that can skip;
# the same holds for each COMMAND that is asked for beyond what is always needed.

set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin # Debian leaves them out for users; nft and tc are there
log=$(mktemp)
trap 'rm -f "$log"' EXIT

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# What a command prints is shown only if it fails.
quietly() { "$@" </dev/null >>"$log" 2>&1; }
show_log() {
  cat "$log" >&2
  : >"$log"
}

check_node() {
  have node || die 'Node.js is missing: building and testing need version 20 or newer'
  version=$(node --version)
  major=${version#v}
  [ "${major%%.*}" -ge 20 ] || die "this is Node.js $version: building and testing need version 20 or newer (what is built runs on 18.13)"
}

install_system_packages() {
  missing=
  for command in "$@"; do
    have "$command" || missing="$missing $command"
  done
  [ -n "$missing" ] || return 0

  for manager in apt-get dnf microdnf yum none; do
    ! have "$manager" || break
  done
  [ "$manager" != none ] || {
    say "missing commands:$missing (install them with the package manager of this distribution)"
    return 1
  }

  packages=
  for command in $missing; do
    package=$(package_of "$command")
    case "$packages " in *" $package "*) ;; *) packages="$packages $package" ;; esac
  done
  [ "$(id -u)" = 0 ] || {
    say "missing commands:$missing (as root: $manager install$packages)"
    return 1
  }

  say "installing$packages ($manager)"
  # The lists of a fresh machine are empty or old, but fetching them takes longest: only if need be.
  install_packages || { [ "$manager" = apt-get ] && quietly apt-get update && install_packages; } || {
    show_log
    say "$manager could not install$packages"
    return 1
  }
}

package_of() {
  case $manager:$1 in
    *:nft) echo nftables ;;
    apt-get:tc | apt-get:ip) echo iproute2 ;;
    apt-get:mount) echo mount ;;
    *:tc) echo iproute-tc ;;
    *:ip) echo iproute ;;
    *:iperf3 | *:iptables | *:fireqos) echo "$1" ;;
    *:trafgen) echo netsniff-ng ;;
    *:secilc) echo secilc ;;
    apt-get:dnsmasq) echo dnsmasq-base ;;
    *:dnsmasq | *:busybox) echo "$1" ;;
    apt-get:ping) echo iputils-ping ;;
    *:ping) echo iputils ;;
    apt-get:sysctl) echo procps ;;
    *:sysctl) echo procps-ng ;;
    *) echo util-linux ;;
  esac
}

# shellcheck disable=SC2086 # $packages is a list of words
install_packages() {
  case $manager in
    apt-get) set -- -o DPkg::Lock::Timeout=300 --no-install-recommends ;;
    *) set -- ;;
  esac
  DEBIAN_FRONTEND=noninteractive quietly "$manager" install -y "$@" $packages
}

# npm writes node_modules/.package-lock.json last, so it tells of a complete installation.
install_npm_packages() {
  installed=node_modules/.package-lock.json
  [ -f "$installed" ] && [ -z "$(find package-lock.json -newer "$installed")" ] && return
  have npm || die 'npm is missing (Debian: apt-get install npm; Fedora: dnf install npm)'
  say 'installing npm packages (npm ci)'
  quietly npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=warn || {
    show_log
    die 'npm ci failed, see above (a registry nearer than npmjs.org is set with: npm config set registry URL)'
  }
}

tolerant=
if [ "${1-}" = --tolerant ]; then
  tolerant=1
  shift
fi
check_node
install_system_packages nft tc ip unshare flock mount ping iperf3 || [ "$tolerant" ]
# One by one: what this distribution does not have keeps nobody else out.
for extra; do install_system_packages "$extra" || :; done
install_npm_packages
node build/build.js
