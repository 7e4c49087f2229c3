// A root folder of its own for each test, with files below it, and guests by their taps.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'uvu';
import type { Guest } from '../../src/guests/guest.ts';
import { makePaths } from '../../src/store/paths.ts';

export function rootForEach(test: Test) {
  let root = '';
  test.before.each(() => {
    root = mkdtempSync(join(tmpdir(), 'virt-shaper-running-'));
  });
  test.after.each(() => rmSync(root, { recursive: true }));
  return { root: () => root, paths: () => makePaths({ root }) };
}

export function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
}

export function guest(name: string, ...taps: string[]): Guest {
  return { name, driver: 'qemu', nics: taps.map((tap) => ({ tap, bridge: 'nosuchbr0' })) };
}
