// Reads, compares and sets the kernel's settings that the policy needs, by their names in sysctl(8).
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';

/**
 * With these, replies of the kernel itself have the mark of the packet that they answer. So a guest that makes the host
 * reply, for example by forged pings, sends these replies by its own class.
 */
export const settings = ['net.ipv4.fwmark_reflect', 'net.ipv6.fwmark_reflect'] as const;

/** Name -> value. */
export type Settings = Map<string, string>;

/** @param text a file for `sysctl -p` @returns its settings, or the index of a line that is none of ours */
export function parseSettings(text: string): Settings | number {
  const wanted: Settings = new Map();
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name = '', value = ''] = line.match(/^(\S+) = (\d+)$/) ?? [];
    if (!settings.some((known) => known === name)) return index;
    wanted.set(name, value);
  }
  return wanted;
}

/** The settings that this kernel has and that can be set: none with a read-only /proc, as in a container. */
export function readSettings(): Settings {
  return new Map(
    settings.flatMap((name) => {
      try {
        accessSync(fileOf(name), constants.W_OK);
        return [[name, readFileSync(fileOf(name), 'utf8').trim()] as const];
      } catch {
        return [];
      }
    }),
  );
}

/** The names of wanted settings that have another value now, whether or not they can be set here. */
export function readAmiss(wanted: Settings): string[] {
  return [...wanted].flatMap(([name, value]) => {
    try {
      return readFileSync(fileOf(name), 'utf8').trim() === value ? [] : name;
    } catch {
      return []; // The kernel has no such setting.
    }
  });
}

/** @param line `net.ipv4.fwmark_reflect = 1` @throws as node:fs does */
export function applySetting(line: string): void {
  const [name = '', value = ''] = line.split(' = ');
  writeFileSync(fileOf(name), `${value}\n`);
}

function fileOf(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}
