#!/bin/sh
# release.sh [--dry-run]   what is to be done once the version is decided and written: `npm run release`. It looks
# before it does anything: a clean checkout, one version everywhere, a changelog with today's date. Then the tests, the
# packages, their tests, and the tag, last and only here: nothing is pushed. --dry-run only looks.

set -eu
cd "$(dirname "$0")/.."

say() { printf 'release: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

dry=
case ${1:-} in
  '') ;;
  --dry-run) dry=yes ;;
  *) die 'usage: release.sh [--dry-run]' ;;
esac

version=$(node -p 'require("./package.json").version')
tag=v$version

[ -e .git ] || die 'this is no git checkout'
changes=$(git status --porcelain)
[ -z "$changes" ] || die "this checkout has changes that are not committed:
$changes"
! git rev-parse --quiet --verify "refs/tags/$tag" >/dev/null ||
  die "there is a tag $tag already: write a higher version into package.json, and into the files that test/unit/packaging/version.test.ts names"
grep -q "^## $version (20[0-9][0-9]-[0-9][0-9]-[0-9][0-9])$" CHANGELOG.md ||
  die "CHANGELOG.md has no line \"## $version ($(date +%F))\": what it releases needs its day"
! head -n 1 packaging/debian/changelog | grep -q UNRELEASED ||
  die 'packaging/debian/changelog says UNRELEASED: write a distribution and the day (dch --release)'
! grep -n 'not released yet' README.md >&2 || die 'README.md says that it is not released yet'
[ -d node_modules ] || sh build/setup.sh
node --import tsx test/unit/packaging/version.test.ts >&2 || die 'the versions differ, see above'
say "version $version, nothing in its way"
[ -z "$dry" ] || exit 0

npm --silent test
sh test/packages/run.sh
[ -z "$(git status --porcelain)" ] || die 'the tests have changed files of this checkout'
rm -f dist/*.deb dist/*.rpm
sh packaging/package.sh
git tag --annotate "$tag" --message "virt-shaper $version"
say "tagged $tag and built dist/. To publish it: git push origin $tag, and the two files of dist/"
