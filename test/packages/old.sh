#!/bin/sh
# old.sh COMMIT FOLDER   the packages that the checkout of COMMIT builds, in FOLDER; once, since a commit does not change.
# Their version is lower than any that was released, so that dpkg and rpm take whatever comes for an upgrade.

set -eu
commit=$1
folder=$2
[ ! -e "$folder.ready" ] || exit 0

say() { printf 'packages: %s\n' "$*" >&2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

git cat-file -e "$commit^{commit}" 2>/dev/null || {
  say "this checkout has no history back to $commit, which had 0.1.0: git fetch --unshallow"
  exit 1
}
say "building what $commit had"
rm -rf "$folder"
mkdir -p "$folder"
git archive "$commit" | tar -x -C "$work"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH
cd "$work"
npm ci --silent >/dev/null
sh packaging/package.sh --version 0.0.8 --out "$folder"
touch "$folder.ready"
