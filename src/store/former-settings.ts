// The values that the kernel's settings (sysctl) had before virt-shaper changed them; unload restores them. In /run, since
// a reboot resets the settings themselves.
import { settings } from '../kernel/settings.ts';
import { readIfThere, writeIfChanged } from '../system/files.ts';

/** @returns name -> former value, of the settings that we have changed since boot */
export function readFormerSettings(file: string): Map<string, string> {
  const lines = (readIfThere(file) ?? '').split('\n').map((line) => line.split(' = '));
  const isOurs = (name?: string) => settings.some((known) => known === name);
  return new Map(
    lines.flatMap(([name = '', value]) =>
      isOurs(name) && value !== undefined && /^\d+$/.test(value) ? [[name, value] as const] : [],
    ),
  );
}

/**
 * Stores the value in `now` of each setting in `changed`, except where one is stored already: at a second change the value
 * in `now` is one that we have set ourselves.
 */
export function keepFormerSettings(file: string, now: Map<string, string>, changed: string[]): void {
  const former = readFormerSettings(file);
  for (const name of changed) {
    const value = now.get(name);
    if (value !== undefined && !former.has(name)) former.set(name, value);
  }
  writeIfChanged(file, [...former].map(([name, value]) => `${name} = ${value}\n`).join(''), 0o600);
}
