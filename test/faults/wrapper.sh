#!/bin/sh
# Stands on PATH in front of the real nft, tc or ip, counts the calls, and at one of them does what the file
# "plan" beside it says (wrapper.ts writes it and tells what each fault is). No process more than it takes.

here=${0%/*}
tool=${0##*/}
fault= at=0 line=0 tap=
. "$here/plan"
eval "real=\$real_$tool"

# This call's number: the first file that nobody else could create.
k=0
set -C
while k=$((k + 1)) && ! { command : >"$here/calls/$k"; } 2>/dev/null; do :; done
set +C
echo "$tool $*" >"$here/calls/$k"

if [ "$fault" != trace ] && [ "$k" != "$at" ]; then
  if [ "$fault" != fail-on ] || [ "$k" -lt "$at" ]; then exec "$real" "$@"; fi
fi

# The batch file becomes standard input, so that it can be cut.
file= last=
for word; do
  shift
  case $last in
  -b | -ba | -bat | -batc | -batch)
    file=$word
    word=-
    ;;
  esac
  last=$word
  set -- "$@" "$word"
done
if [ -n "$file" ] && [ "$file" != - ]; then exec <"$file"; fi

fail() {
  echo 'RTNETLINK answers: Cannot allocate memory' >&2
  if [ -n "$1" ]; then echo "Command failed $file:$1" >&2; fi
  exit 1
}

# Tells the watcher and waits until it has looked.
show() {
  echo "$k $1" >"$here/shown"
  read -r _ <"$here/seen"
}

trace_lines() {
  n=0
  ended=0
  while IFS= read -r text; do
    n=$((n + 1))
    case ${text%%#*} in *[!\ ]*) ;; *) continue ;; esac
    printf '%s\n' "$text" | "$real" "$@" 2>"$here/said.$k"
    status=$?
    if [ -s "$here/said.$k" ]; then sed "s|Command failed -:1|Command failed $file:$n|" "$here/said.$k" >&2; fi
    show "line $n: $text"
    if [ "$status" != 0 ]; then
      ended=$status
      case " $* " in *' -force '*) ;; *) break ;; esac
    fi
  done
  echo "$n" >>"$here/calls/$k"
  exit "$ended"
}

case $fault in
trace)
  case "$*" in
  *'-j '* | *' show'* | *'list '*) exec "$real" "$@" ;;
  esac
  if [ -n "$file" ]; then trace_lines "$@"; fi
  "$real" "$@"
  ended=$?
  show "$tool $*"
  exit "$ended"
  ;;
fail-before | fail-on) fail '' ;;
fail-after)
  "$real" "$@"
  fail ''
  ;;
warn-after)
  "$real" "$@" && echo 'Warning: injected.' >&2
  ;;
hang-before) exec sleep 1000 ;;
hang-after)
  "$real" "$@"
  exec sleep 1000
  ;;
die-before) kill -9 $$ ;;
die-after)
  "$real" "$@"
  kill -9 $$
  ;;
fail-line)
  head -n "$line" | "$real" "$@"
  fail $((line + 1))
  ;;
die-line)
  head -n "$line" | "$real" "$@"
  kill -9 $$
  ;;
kill-before) kill -9 $PPID ;;
kill-after)
  "$real" "$@"
  kill -9 $PPID
  ;;
kill-line)
  head -n "$line" | "$real" "$@"
  kill -9 $PPID
  ;;
orphan)
  kill -9 $PPID
  sleep 0.4
  exec "$real" "$@"
  ;;
vanish)
  "$real_ip" link del dev "$tap"
  exec "$real" "$@"
  ;;
esac
