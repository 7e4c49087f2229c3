// How the sh file calls the program: alone, or together with other calls of the same moment (calls.ts), with the locks
// that the program will want.

import { join } from 'node:path';
import { syncVariable } from '../system/folders.ts';
import { inheritedVariable } from '../system/lock.ts';
import { callVariable, leadVariable } from './calls.ts';
import { type HookCommand, type HookDriver, shellQuote } from './hook-file.ts';
import { done, doneVariable, refusal, refusalVariable } from './statuses.ts';

/** Seconds, as the program's own patience with a lock. */
const patience = 60;

const refusing = `${refusalVariable}=${refusal}`;
const asking = `${refusing} ${doneVariable}=${done}`;

export function callLine(driver: HookDriver, command: HookCommand): string {
  return `${refusing} ${callWords(driver, command)}`;
}

/** libvirt takes what a hook prints for the guest's new XML. */
function callWords(driver: HookDriver, { program, options }: HookCommand, more: string[] = []): string {
  return `${[...program, ...options, ...more].map(shellQuote).join(' ')} hook ${driver} "$@" >/dev/null`;
}

/**
 * A start and a stop lay their call down, and wait until nobody else is at work: then it is answered already, or this
 * one begins the program, which does all that lies there (calls.ts). A stop is waited for by nobody: libvirt goes on
 * while it is done. Where no call can be laid down the program is given this one alone.
 */
export function callTogether(driver: HookDriver, command: HookCommand): string {
  const run = callWords(driver, command);
  return `  call=
  case $2 in start | stopped) ! mayWait "$1" || layDown "$@" ;; esac
  if [ "$call" ] && [ "$2" = stopped ]; then
    { echo stopped >"$told"; } 2>/dev/null
    { takeTurn "$@"; endWith $? "$@"; } </dev/null >/dev/null 2>&1 &
    exit 0
  elif [ "$call" ]; then
    takeTurn "$@"
  else
    ${asking} ${run}
  fi
`;
}

/**
 * A call is laid down in a folder of our own only, since whoever else has it could keep libvirt waiting: nothing there is
 * opened that could be a FIFO or a link. What lies there under our number is of a shell that has ended. Lines part a call
 * (calls.ts), so a name of several is none for it.
 */
export function layDown(driver: HookDriver, command: HookCommand): string {
  const [calls, lock] = [shellQuote(command.calls), shellQuote(join(command.calls, 'lock'))];
  return `mayWait() {
  case $1 in *'
'*) return 1 ;; esac
  [ -O ${calls} ] && [ -w ${calls} ] && [ ! -L ${calls} ] && command -v flock >/dev/null || return 1
  if [ -L ${lock} ] || { [ -e ${lock} ] && [ ! -f ${lock} ]; }; then rm -rf ${lock}; fi
  true 2>/dev/null 7>>${lock}
}
layDown() {
  call=${calls}/$$
  for file in "$call".*; do
    if [ -e "$file" ] || [ -L "$file" ]; then rm -rf "$file"; fi
  done
  (umask 077 && set -C && { printf '%s\\n' "$2" "$1" && cat; } >"$call.next") 2>/dev/null && mv "$call.next" "$call.${driver}" ||
    { rm -f "$call.next"; call=; }
}
`;
}

/**
 * flock starts while Node.js does: it waits by itself for a lock that somebody else has. In a shell of its own, so that
 * nobody but the program has the locks open. The calls' lock stays with the program, should its shell be killed. What is
 * written below /var is synced when libvirt goes on already: what is in force is made anew after a boot.
 */
export function takeTurn(driver: HookDriver, command: HookCommand): string {
  const files = command.locks.map((file, index) => ({ fd: 8 + index, file: shellQuote(file) }));
  const run = callWords(driver, command);
  const kept = command.kept
    .map(shellQuote)
    .flatMap((folder) => [folder, `${folder}/*`, `${folder}/.*.json`])
    .join(' ');
  return `  takeTurn() {
    (
      export ${asking} ${callVariable}="$call.${driver}"
      if ! flock -w ${patience} 7; then
        mv "$call.${driver}" "$call.alone.${driver}"
        ${callVariable}=$call.alone.${driver}
        exec ${callWords(driver, command, ['--lock-timeout', '1'])}
      fi
      if [ -f "$call.answer" ] && [ -O "$call.answer" ]; then
        { read -r status; while IFS= read -r line; do printf '%s\\n' "$line" >&2; done; } <"$call.answer"
        rm -f "$call.answer"
        exit "$status"
      fi
      export ${leadVariable}=1
      if ${files.map(({ file }) => `[ -f ${file} ] && [ -w ${file} ]`).join(' && ')}; then
        exec ${files.map(({ fd, file }) => `${fd}>>${file}`).join(' ')}
        # Asked for while Node.js begins, which waits by itself for one that somebody else has.
${files.map(({ fd }) => `        flock -n ${fd} 2>/dev/null 7>&- &`).join('\n')}
        export ${inheritedVariable}='${files.map(({ fd }) => fd).join(' ')}'
      fi
      # Not in the shell, or the program could not give a lock back.
      ${syncVariable}=1 ${run} &
      exec 8>&- 9>&-
      wait $!
      status=$?
      sync ${kept} </dev/null >/dev/null 2>&1 7>&- &
      exit $status
    ) 7>>${shellQuote(join(command.calls, 'lock'))}
  }`;
}
