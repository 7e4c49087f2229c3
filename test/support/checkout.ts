// A copy of what is tested, for suites that take long: whoever edits or builds meanwhile does not change it.
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @returns its folder, which goes with this process; its node_modules are those of `root` */
export function copyCheckout(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'virt-shaper-checkout-'));
  chmodSync(copy, 0o755); // Some tests run the program as another user.
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  const parts = [
    'src',
    'test',
    'templates',
    'dist',
    'man',
    'docs',
    'README.md',
    'package.json',
    'tsconfig.json',
  ];
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
