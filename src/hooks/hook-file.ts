// The small sh file that libvirt runs for one of its drivers: what it leads to, and how to know it again. What stands in
// it is hook-script.ts.
import { dirname, join, resolve } from 'node:path';
import type { Paths } from '../store/paths.ts';
import { sha256 } from '../system/digest.ts';

/** Those of libvirt's drivers that can tell of guests on a bridge. */
export const hookDrivers = ['qemu', 'lxc', 'network'] as const;
export type HookDriver = (typeof hookDrivers)[number];

/** `edited`: ours, with changes by hand. */
export type Whose = 'ours' | 'edited' | 'foreign';

/** The name of the program's package that stays when a new version comes. */
export const packaged = '/usr/sbin/virt-shaper';

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
  /** Where a configuration that was loaded is; without it and the files of the present one nothing is shaped. */
  loaded: string[];
  /** Where one file says that libvirt has called a driver's hook. */
  called: (driver: string) => string;
  /** The folder of notes on how the last call of a guest ended, below the driver, under the guest's name. */
  told: string;
  /** The folder in which starts and stops wait to be done together (calls.ts). */
  calls: string;
  /** Folders of what outlives the boot. */
  kept: string[];
  /** What the path unit watches, where it and this hook lead to the same files. */
  wanted?: string;
  /** Holds the number of the process of a sync that waits for things to settle, and takes what is wanted till then. */
  settling: string;
  /** There where systemd runs the host. */
  systemd: string;
}

/** @param program Node.js and the program's file */
export function makeHookCommand(program: string[], paths: Paths): HookCommand {
  const {
    options,
    guestsLock,
    lock,
    config,
    rules,
    held,
    hookCalled,
    hookTold,
    hookCalls,
    ids,
    syncLock,
    syncWanted,
    systemd,
  } = paths;
  const isService = options.length === 0 && program.at(-1) === packaged;
  return {
    program,
    options,
    locks: [guestsLock, lock],
    config: resolve(config.file),
    loaded: [join(rules, 'good'), held],
    called: hookCalled,
    told: hookTold,
    calls: hookCalls,
    kept: [dirname(ids), rules, join(rules, 'good')],
    settling: syncLock,
    ...(isService ? { wanted: syncWanted } : {}),
    systemd,
  };
}

/** @param body the script's lines, whose checksum tells a file that was edited by hand */
export function signed(body: string): string {
  return `#!/bin/sh\n${mark}${sumOf(body)}\n${body}`;
}

export function whoseHook(text: string): Whose {
  const [, second = '', ...rest] = text.split('\n');
  if (!second.startsWith(mark)) return 'foreign';
  return second.slice(mark.length) === sumOf(rest.join('\n')) ? 'ours' : 'edited';
}

/** For sh, whatever the text holds. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function sumOf(body: string): string {
  return sha256(body).slice(0, 16);
}
