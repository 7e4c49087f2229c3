// What stands in the sh file that libvirt runs for one of its drivers. libvirt aborts a start
// whose hook fails, and kills a running guest whose `reconnect` does, so the file itself sees to it that only a
// start which virt-shaper refuses fails: not a program that is gone, nor a Node.js that does not begin. And it ends by
// itself where there is nothing to decide, since a start of Node.js is most of what libvirt waits for.

import { dirname, join } from 'node:path';
import { callLine, callTogether, layDown, takeTurn } from './call-program.ts';
import { type HookCommand, type HookDriver, shellQuote, signed } from './hook-file.ts';
import { done, refusal } from './statuses.ts';

export function hookText(driver: HookDriver, command: HookCommand): string {
  const there = command.program.map((file) => `[ -r ${shellQuote(file)} ]`).join(' && ');
  const isNetwork = driver === 'network';
  const body = `# libvirt kills a running guest whose hook fails, so nothing but a refused start is passed on to it.
${noteTheCall(driver, command)}${endWithoutProgram(driver, command)}${isNetwork ? '' : `${layDown(driver, command)}${takeTurn(driver, command)}`}
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
  const [call, notes, folder] = [
    shellQuote(called(driver)),
    shellQuote(join(told, driver)),
    shellQuote(calls),
  ];
  const dropIns = `${shellQuote(join(dirname(config), 'config.d'))}/*.toml`;
  return `{
  [ -d ${notes} ] || mkdir -p ${notes}
  [ -d ${folder} ] || mkdir -m 700 -p ${folder}
  [ -e ${call} ] || true >>${call}
} 2>/dev/null
configured=
for file in ${shellQuote(config)} ${dropIns} ${loaded.map(shellQuote).join(' ')}; do
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
  return `told=${shellQuote(join(command.told, driver))}/$1
case $1 in '' | . | .. | */*) told= ;; esac
if [ -L "$told" ] || { [ -e "$told" ] && [ ! -f "$told" ]; }; then told=; fi
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
${leaveToSettling(command)}${whereSyncReads(command, (want) => `  { ${want}; } 2>/dev/null && exit 0\n`, 'started | reconnect | attach')}`;
}

/**
 * A sync that waits takes each note, and none after it has taken its number away: a note that was left before the number
 * was seen is read, and no process is needed to ask. libvirtd's restart calls the hook for each guest at the same time.
 */
function leaveToSettling({ wanted, settling }: HookCommand): string {
  if (wanted === undefined) return '';
  return `settles() {
  [ -f ${shellQuote(settling)} ] && read -r pid <${shellQuote(settling)} && [ "$pid" ] && [ -d "/proc/$pid" ]
}
case $2 in
  started | reconnect | attach) { settles && true >>${shellQuote(wanted)} && settles && exit 0; } 2>/dev/null ;;
esac
`;
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
  [ -d ${shellQuote(systemd)} ] && [ -w ${shellQuote(dirname(wanted))} ] &&
    timeout 5 systemctl --quiet is-active virt-shaper-sync.path >/dev/null 2>&1
}
if isRead "$2"; then
${lines(`true >>${shellQuote(wanted)}`)}fi
`;
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
  const files = `${shellQuote(config)} ${shellQuote(join(dirname(config), 'config.d'))}/*.toml`;
  const value =
    's/^[[:blank:]]*\\(hook\\.\\)\\{0,1\\}on_failure[[:blank:]]*=[[:blank:]]*"\\([a-z]*\\)".*/\\2/p';
  return `  if [ "$2" = start ] && [ -e ${shellQuote(program.at(-1) ?? '')} ] &&
    [ "$(sed -n '${value}' ${files} 2>/dev/null | tail -n 1)" = refuse ]; then
    echo "virt-shaper: $said" >&2
    exit 1
  fi
`;
}
