// What the kernel's settings were before us, to be put back by unload. In /run: a boot sets them anew.
import { settings } from '../kernel/settings.ts';
import { readIfThere, writeIfChanged } from '../system/files.ts';

/** @returns nothing for a setting that we have not changed since boot */
export function readFormerSettings(file: string): Map<string, string> {
  const lines = (readIfThere(file) ?? '').split('\n').map((line) => line.split(' = '));
  const isOurs = (name?: string) => settings.some((known) => known === name);
  return new Map(
    lines.flatMap(([name = '', value]) =>
      isOurs(name) && value !== undefined && /^\d+$/.test(value) ? [[name, value] as const] : [],
    ),
  );
}

/** Keeps what a setting was when it is changed for the first time. */
export function keepFormerSettings(file: string, now: Map<string, string>, changed: string[]): void {
  const former = readFormerSettings(file);
  for (const name of changed) {
    const value = now.get(name);
    if (value !== undefined && !former.has(name)) former.set(name, value);
  }
  writeIfChanged(file, [...former].map(([name, value]) => `${name} = ${value}\n`).join(''), 0o600);
}
