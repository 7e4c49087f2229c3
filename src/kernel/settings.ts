// The kernel's settings that the policy needs, as sysctl(8) writes them: read, compared and set.
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';

/**
 * With these the kernel's own replies carry the mark of what they answer: a guest that has the host send for it, with a
 * forged ping for example, sends by its own class.
 */
export const settings = ['net.ipv4.fwmark_reflect', 'net.ipv6.fwmark_reflect'] as const;

/** Name -> value. */
export type Settings = Map<string, string>;

/** @returns what a file for `sysctl -p` asks for, or the index of a line that is none of ours */
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

/** Those that this kernel has and lets us set: not those of a read-only /proc, as in a container. */
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

/** Of those that are wanted, which are not so now, whether or not they can be set here. */
export function readAmiss(wanted: Settings): string[] {
  return [...wanted].flatMap(([name, value]) => {
    try {
      return readFileSync(fileOf(name), 'utf8').trim() === value ? [] : name;
    } catch {
      return []; // The kernel has no such thing.
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
