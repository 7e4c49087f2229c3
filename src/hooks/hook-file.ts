// The small sh file that libvirt runs for one of its drivers, and how to know it again. libvirt aborts a start
// whose hook fails, and kills a running guest whose `reconnect` does, so the file itself sees to it that only a
// start which virt-shaper refuses fails: not a program that is gone, nor a Node.js that does not begin.
import { dirname, join, resolve } from 'node:path';
import { sha256 } from '../system/digest.ts';
import { inheritedVariable } from '../system/lock.ts';
import type { Paths } from '../system/paths.ts';

/** Those of libvirt's drivers that can tell of guests on a bridge. */
export const hookDrivers = ['qemu', 'lxc', 'network'] as const;
export type HookDriver = (typeof hookDrivers)[number];

/** `edited`: it was ours, and somebody has changed it since. */
export type Whose = 'ours' | 'edited' | 'foreign';

/** Of the environment: the status with which the program says that it refuses a start. */
export const refusalVariable = 'VIRT_SHAPER_REFUSAL';

const refusal = 100;

const mark = '# Made by "virt-shaper hooks install", taken away by "virt-shaper hooks remove"; sum ';

export interface HookCommand {
  /** Node.js and the program. */
  program: string[];
  /** What leads it to its own files. */
  options: string[];
  /** Its locks: that of the noted guests, that of the kernel. */
  locks: string[];
  /** The configuration's main file. */
  config: string;
}

/** @param program Node.js and the program's file */
export function hookCommand(program: string[], { options, guestsLock, lock, config }: Paths): HookCommand {
  return {
    program,
    options,
    locks: [guestsLock, lock],
    config: join(config.root ?? '/', resolve(config.file)),
  };
}

export function hookText(driver: HookDriver, command: HookCommand): string {
  const there = command.program.map((file) => `[ -r ${quote(file)} ]`).join(' && ');
  const body = `# libvirt kills a running guest whose hook fails, so nothing but a refused start is passed on to it.
status=127
if ${there}; then
${driver === 'network' ? `  ${callLine(driver, command)}` : callTakingLocks(driver, command)}
  status=$?
fi
[ "$status" -ne 0 ] || exit 0
${driver === 'network' ? '' : `[ "$2" != start ] || [ "$status" -ne ${refusal} ] || exit 1\n`}said="the ${driver} hook could not be run (status $status), so $1 may be unshaped: virt-shaper hooks status"
timeout 5 logger -t virt-shaper -p daemon.err -- "$said"
${driver === 'network' ? '' : refuseByConfiguration(command)}exit 0
`;
  return `#!/bin/sh\n${mark}${sumOf(body)}\n${body}`;
}

/** What a file of somebody else's has to run to the same end. */
export function lineForOthers(driver: HookDriver, command: HookCommand): string {
  const kept = driver === 'network' ? '|| true' : '|| [ "$2" != start ] || exit 1';
  return `${callLine(driver, command)} ${kept}`;
}

export function whoseHook(text: string): Whose {
  const [, second = '', ...rest] = text.split('\n');
  if (!second.startsWith(mark)) return 'foreign';
  return second.slice(mark.length) === sumOf(rest.join('\n')) ? 'ours' : 'edited';
}

/**
 * flock starts while Node.js does: it waits by itself for a lock that somebody else has. In a shell of its own, so that
 * nobody but the program has the locks open. Only for operations that need them.
 */
function callTakingLocks(driver: HookDriver, command: HookCommand): string {
  const files = command.locks.map((file, index) => ({ fd: 8 + index, file: quote(file) }));
  return `  case $2 in start | stopped) lock=1 ;; *) lock= ;; esac
  if [ "$lock" ] && ${files.map(({ file }) => `[ -f ${file} ] && [ -w ${file} ]`).join(' && ')}; then
    (
      # Asked for while Node.js begins, which waits by itself for one that somebody else has.
${files.map(({ fd }) => `      flock -n ${fd} 2>/dev/null &`).join('\n')}
      export ${inheritedVariable}='${files.map(({ fd }) => fd).join(' ')}' ${refusing}
      exec ${callWords(driver, command)}
    ) ${files.map(({ fd, file }) => `${fd}>>${file}`).join(' ')}
  else
    ${callLine(driver, command)}
  fi`;
}

/** As far as sh can read it; where the program has been taken away nobody wants its word kept. */
function refuseByConfiguration({ program, config }: HookCommand): string {
  const files = `${quote(config)} ${quote(join(dirname(config), 'config.d'))}/*.toml`;
  const value =
    's/^[[:blank:]]*\\(hook\\.\\)\\{0,1\\}on_failure[[:blank:]]*=[[:blank:]]*"\\([a-z]*\\)".*/\\2/p';
  return `if [ "$2" = start ] && [ -e ${quote(program.at(-1) ?? '')} ] &&
  [ "$(sed -n '${value}' ${files} 2>/dev/null | tail -n 1)" = refuse ]; then
  echo "virt-shaper: $said" >&2
  exit 1
fi
`;
}

const refusing = `${refusalVariable}=${refusal}`;

function callLine(driver: HookDriver, command: HookCommand): string {
  return `${refusing} ${callWords(driver, command)}`;
}

/** libvirt takes what a hook prints for the guest's new XML. */
function callWords(driver: HookDriver, { program, options }: Omit<HookCommand, 'locks'>): string {
  return `${[...program, ...options].map(quote).join(' ')} hook ${driver} "$@" >/dev/null`;
}

/** For sh, whatever the text holds. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function sumOf(body: string): string {
  return sha256(body).slice(0, 16);
}
