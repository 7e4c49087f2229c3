// What stands in the sh file that libvirt runs for one of its drivers. libvirt aborts a start
// whose hook fails, and kills a running guest whose `reconnect` does, so the file itself sees to it that only a
// start which virt-shaper refuses fails: not a program that is gone, nor a Node.js that does not begin. And it ends by
// itself where there is nothing to decide, since a start of Node.js is most of what libvirt waits for.
import { dirname, join } from 'node:path';
import { syncVariable } from '../system/folders.ts';
import { inheritedVariable } from '../system/lock.ts';
import { callVariable, leadVariable } from './calls.ts';
import {
  done,
  doneVariable,
  type HookCommand,
  type HookDriver,
  quote,
  refusal,
  refusalVariable,
  signed,
} from './hook-file.ts';

export function hookText(driver: HookDriver, command: HookCommand): string {
  const there = command.program.map((file) => `[ -r ${quote(file)} ]`).join(' && ');
  const isNetwork = driver === 'network';
  const body = `# libvirt kills a running guest whose hook fails, so nothing but a refused start is passed on to it.
${noteTheCall(driver, command)}${endWithoutProgram(driver, command)}${isNetwork ? '' : takeTurn(driver, command)}
endWith() {
  status=$1
  shift
  [ "$status" -ne 0 ] || exit 0
${isNetwork ? '' : endOfCall(driver)}  said="the ${driver} hook could not be run (status $status), so $1 may be unshaped: virt-shaper hooks status"
  timeout 5 logger -t virt-shaper -p daemon.err -- "$said"
${isNetwork ? '' : refuseByConfiguration(command)}  exit 0
}
status=127
if ${there}; then
${isNetwork ? `  ${callLine(driver, command)}\n` : callTogether(driver, command)}  status=$?
fi
endWith "$status" "$@"
`;
  return signed(body);
}

/** The line to add to a third-party hook, so that it calls virt-shaper too. */
export function lineForOthers(driver: HookDriver, command: HookCommand): string {
  const kept = driver === 'network' ? '|| true' : '|| [ "$2" != start ] || exit 1';
  return `${callLine(driver, command)} ${kept}`;
}

/** That libvirt has noticed the hook; and where nothing is to be shaped, no more is done. */
function noteTheCall(driver: HookDriver, { called, told, calls, config, loaded }: HookCommand): string {
  const [call, notes, folder] = [quote(called(driver)), quote(join(told, driver)), quote(calls)];
  const dropIns = `${quote(join(dirname(config), 'config.d'))}/*.toml`;
  return `{
  [ -d ${notes} ] || mkdir -p ${notes}
  [ -d ${folder} ] || mkdir -m 700 -p ${folder}
  [ -e ${call} ] || true >>${call}
} 2>/dev/null
configured=
for file in ${quote(config)} ${dropIns} ${loaded.map(quote).join(' ')}; do
  if [ -e "$file" ] || [ -L "$file" ]; then configured=1; fi
done
[ "$configured" ] || exit 0
`;
}

/** What is left to a sync is left to it only where its path unit sees at once that one is wanted. */
function endWithoutProgram(driver: HookDriver, command: HookCommand): string {
  if (driver === 'network') {
    return `case $2 in port-created | port-deleted | plugged | unplugged) ;; *) exit 0 ;; esac
${whereSyncReads(command, (want) => `  # Its tap is there a moment later.\n  { sleep 1; ${want}; } </dev/null >/dev/null 2>&1 &\n  exit 0\n`, '*')}`;
  }
  return `told=${quote(join(command.told, driver))}/$1
case $1 in '' | . | .. | */*) told= ;; esac
case $2 in
  start | stopped) { echo begun >"$told" || rm -f "$told"; } 2>/dev/null ;;
  started | release)
    word=
    { read -r word <"$told"; } 2>/dev/null
    [ "$2" = started ] || rm -f "$told" 2>/dev/null
    case $word.$2 in start.started | stopped.release) exit 0 ;; esac
    ;;
  reconnect | attach) ;;
  *) exit 0 ;;
esac
${whereSyncReads(command, (want) => `  { ${want}; } 2>/dev/null && exit 0\n`, 'started | reconnect | attach')}`;
}

/**
 * @param lines of what wants a sync
 * @param operations a pattern of those that do
 */
function whereSyncReads(
  { wanted, systemd }: HookCommand,
  lines: (want: string) => string,
  operations: string,
): string {
  if (wanted === undefined) return '';
  return `isRead() {
  case $1 in ${operations}) ;; *) return 1 ;; esac
  [ -d ${quote(systemd)} ] && [ -w ${quote(dirname(wanted))} ] &&
    timeout 5 systemctl --quiet is-active virt-shaper-sync.path >/dev/null 2>&1
}
if isRead "$2"; then
${lines(`true >>${quote(wanted)}`)}fi
`;
}

/**
 * A start and a stop lay their call down, and wait until nobody else is at work: then it is answered already, or this
 * one begins the program, which does all that lies there (calls.ts). A stop is waited for by nobody: libvirt goes on
 * while it is done. Where no call can be laid down the program is given this one alone.
 */
function callTogether(driver: HookDriver, command: HookCommand): string {
  const [calls, lock] = [quote(command.calls), quote(join(command.calls, 'lock'))];
  const run = callWords(driver, command);
  return `  call=
  case $2 in
    start | stopped)
      if [ -w ${calls} ] && command -v flock >/dev/null && true 2>/dev/null 7>>${lock}; then
        call=${calls}/$$
        [ ! -e "$call.answer" ] || rm -f "$call.answer"
        (umask 077 && { printf '%s\\n' "$2" "$1" && cat; } >"$call.next") 2>/dev/null && mv "$call.next" "$call.${driver}" ||
          { rm -f "$call.next"; call=; }
      fi
      ;;
  esac
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
 * flock starts while Node.js does: it waits by itself for a lock that somebody else has. In a shell of its own, so that
 * nobody but the program has the locks open. The calls' lock stays with the program, should its shell be killed. What is
 * written below /var is synced when libvirt goes on already: what is in force is made anew after a boot.
 */
function takeTurn(driver: HookDriver, command: HookCommand): string {
  const files = command.locks.map((file, index) => ({ fd: 8 + index, file: quote(file) }));
  const run = callWords(driver, command);
  const kept = command.kept
    .map(quote)
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
      if [ -e "$call.answer" ]; then
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
    ) 7>>${quote(join(command.calls, 'lock'))}
  }`;
}

/** What libvirt must hear, and what the guest's next call must know. A call that was not done is nobody's any more. */
function endOfCall(driver: HookDriver): string {
  return `  if [ "$status" -eq ${done} ]; then
    { [ "$call" ] && [ "$2" = stopped ]; } || { echo "$2" >"$told"; } 2>/dev/null
    exit 0
  fi
  [ "$2" != start ] || [ "$status" -ne ${refusal} ] || exit 1
  [ -z "$call" ] || rm -f "$call.${driver}"
`;
}

/** As far as sh can read it; where the program has been taken away nobody wants its word kept. */
function refuseByConfiguration({ program, config }: HookCommand): string {
  const files = `${quote(config)} ${quote(join(dirname(config), 'config.d'))}/*.toml`;
  const value =
    's/^[[:blank:]]*\\(hook\\.\\)\\{0,1\\}on_failure[[:blank:]]*=[[:blank:]]*"\\([a-z]*\\)".*/\\2/p';
  return `  if [ "$2" = start ] && [ -e ${quote(program.at(-1) ?? '')} ] &&
    [ "$(sed -n '${value}' ${files} 2>/dev/null | tail -n 1)" = refuse ]; then
    echo "virt-shaper: $said" >&2
    exit 1
  fi
`;
}

/** Seconds, as the program's own patience with a lock. */
const patience = 60;

const refusing = `${refusalVariable}=${refusal}`;
const asking = `${refusing} ${doneVariable}=${done}`;

function callLine(driver: HookDriver, command: HookCommand): string {
  return `${refusing} ${callWords(driver, command)}`;
}

/** libvirt takes what a hook prints for the guest's new XML. */
function callWords(driver: HookDriver, { program, options }: HookCommand, more: string[] = []): string {
  return `${[...program, ...options, ...more].map(quote).join(' ')} hook ${driver} "$@" >/dev/null`;
}
