#!/bin/sh
# package.sh [--version VERSION] [--out DIR] [--deb | --rpm]   builds the .deb and the .rpm into dist/, or into DIR,
# with Debian's and Red Hat's own tools, in a copy of the checkout. What it needs and does not find is installed, and
# said before. Without network once that is there. The same commit gives the same bytes: no time, no name of a
# machine and no mode of the checkout gets in. --version is for tests, which need a former one.

set -eu
umask 022
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8 TZ=UTC

say() { printf 'package: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

version=$(node -p 'require("./package.json").version')
given=$version
out=dist
kinds='deb rpm'
while [ $# -gt 0 ]; do
  case $1 in
    --version) given=${2:?} && shift ;;
    --out) out=${2:?} && shift ;;
    --deb) kinds=deb ;;
    --rpm) kinds=rpm ;;
    *) die 'usage: package.sh [--version VERSION] [--out DIR] [--deb | --rpm]' ;;
  esac
  shift
done
mkdir -p "$out"
out=$(cd "$out" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
log=$work/log
quietly() {
  "$@" </dev/null >"$log" 2>&1 || {
    cat "$log" >&2
    die "failed: $*"
  }
}

install_tools() {
  missing=
  for tool in deb:dh:debhelper deb:dpkg-buildpackage:dpkg-dev rpm:rpmbuild:rpm; do
    case $kinds in *"${tool%%:*}"*) tool=${tool#*:} ;; *) continue ;; esac
    command -v "${tool%:*}" >/dev/null || missing="$missing ${tool#*:}"
  done
  if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || die "missing:$missing (this builds on Debian or a relative of it)"
    [ "$(id -u)" = 0 ] || die "missing:$missing (as root: apt-get install$missing)"
    say "installing$missing (apt-get)"
    # shellcheck disable=SC2086 # a list of words
    set -- apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
    export DEBIAN_FRONTEND=noninteractive
    "$@" </dev/null >"$log" 2>&1 || { quietly apt-get update && quietly "$@"; }
  fi
  [ -d node_modules/esbuild ] || sh build/setup.sh --tolerant >/dev/null
}

# What is committed, and in a checkout that was changed what is there; never what git ignores.
files() {
  if [ -e .git ]; then
    [ -z "$(git status --porcelain)" ] || say 'this checkout has changes that are not committed: they are in the packages'
    git ls-files --cached --others --exclude-standard | while read -r file; do [ ! -e "$file" ] || echo "$file"; done
  else
    find . -type f ! -path './node_modules/*' ! -path './dist/*' ! -path './rules.d/*' | sed 's|^\./||'
  fi
}

# What is bundled, and what bundles it.
npm_packages() {
  npm ls --omit=dev --all --parseable 2>/dev/null | sed -n "s|^$PWD/\(node_modules/.*\)|\1|p"
  ls -d node_modules/esbuild node_modules/@esbuild/*
}

changelog() { dpkg-parsechangelog -l packaging/debian/changelog -S "$1"; }

install_tools
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || changelog Timestamp)
fi
export SOURCE_DATE_EPOCH

tree=$work/virt-shaper-$given
mkdir "$tree"
{ files && npm_packages; } | sort -u >"$work/files"
tar -c -T "$work/files" | tar -x --no-same-owner -C "$tree"
if [ "$given" != "$version" ]; then
  sed -i "s/^  \"version\": \"$version\"/  \"version\": \"$given\"/" "$tree/package.json"
  sed -i "1s/($version)/($given)/" "$tree/packaging/debian/changelog"
  sed -i "s/^\(Version: *\)$version$/\1$given/; s/ $version-1$/ $given-1/" "$tree/packaging/rpm/virt-shaper.spec"
fi

make_deb() {
  cp -a "$tree" "$work/deb"
  cp -a "$work/deb/packaging/debian" "$work/deb/debian"
  # Build dependencies are not checked (-d): Node.js may be another than Debian's.
  (cd "$work/deb" && quietly dpkg-buildpackage --build=binary --no-sign -d)
  mv "$work/virt-shaper_${given}_all.deb" "$out/"
  say "$out/virt-shaper_${given}_all.deb"
}

make_rpm() {
  top=$work/rpmbuild
  mkdir -p "$top/SOURCES"
  tar -c --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u+rw,go=rX -C "$work" \
    "virt-shaper-$given" | gzip -9n >"$top/SOURCES/virt-shaper-$given.tar.gz"
  quietly rpmbuild -bb --define "_topdir $top" --define '_buildhost reproducible' \
    --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' \
    --define '_binary_payload w9.gzdio' --nodeps "$tree/packaging/rpm/virt-shaper.spec"
  for rpm in "virt-shaper-$given-1.noarch.rpm" "virt-shaper-selinux-$given-1.noarch.rpm"; do
    mv "$top/RPMS/noarch/$rpm" "$out/"
    say "$out/$rpm"
  done
}

for kind in $kinds; do "make_$kind"; done
