#!/bin/sh
# install.sh DESTDIR   puts everything that virt-shaper installs below DESTDIR, as the .deb and the .rpm have it.
# Run it in a tree that is built (node build/build.js). Modes are set here, whatever the checkout's are.
# Nothing goes to /etc: a host whose /etc cannot be written takes the package as well, and there is no file of the
# administrator's that an upgrade would have to ask about.

set -eu
[ $# -eq 1 ] || { echo 'usage: install.sh DESTDIR' >&2; exit 2; }
destdir=$1
cd "$(dirname "$0")/.."

# put MODE FOLDER FILE...
put() {
  mode=$1 folder=$destdir$2
  shift 2
  install -d -m 755 "$folder"
  install -m "$mode" "$@" "$folder/"
}

# The program: scripts that nobody runs as commands, so without the line that says how.
install -d -m 755 "$destdir/usr/lib/virt-shaper"
for part in dist/*.js; do
  sed '1{/^#!/d}' "$part" >"$destdir/usr/lib/virt-shaper/$(basename "$part")"
  chmod 644 "$destdir/usr/lib/virt-shaper/$(basename "$part")"
done
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
engines=$(sed -n 's/^    "node": "\(.*\)"$/\1/p' package.json)
printf '{ "name": "virt-shaper", "version": "%s", "engines": { "node": "%s" } }\n' "$version" "$engines" \
  >"$destdir/usr/lib/virt-shaper/package.json"
chmod 644 "$destdir/usr/lib/virt-shaper/package.json"
install -d -m 755 "$destdir/usr/sbin"
install -m 755 packaging/virt-shaper.js "$destdir/usr/sbin/virt-shaper"
put 755 /usr/lib/virt-shaper packaging/maintainer/*

put 644 /usr/share/virt-shaper/templates templates/*.hbs
put 644 /usr/share/virt-shaper/schema packaging/schema/*
put 644 /usr/share/virt-shaper/grafana packaging/grafana/*.json
put 644 /usr/share/virt-shaper/prometheus packaging/prometheus/*.yml

put 644 /usr/lib/systemd/system packaging/systemd/virt-shaper*
put 644 /usr/lib/systemd/system/nftables.service.d packaging/systemd/nftables.service.d/*
put 644 /usr/lib/udev/rules.d packaging/udev/*.rules

put 644 /usr/share/man/man8 man/virt-shaper.8
put 644 /usr/share/man/man5 man/virt-shaper.toml.5
install -d -m 755 "$destdir/usr/share/bash-completion/completions"
install -m 644 packaging/completions/virt-shaper.bash "$destdir/usr/share/bash-completion/completions/virt-shaper"
put 644 "${ZSH_FUNCTIONS:-/usr/share/zsh/vendor-completions}" packaging/completions/_virt-shaper
put 644 /usr/share/fish/vendor_completions.d packaging/completions/virt-shaper.fish

install -d -m 755 "$destdir/var/lib/virt-shaper/rules.d" "$destdir/var/lib/virt-shaper/metrics"
