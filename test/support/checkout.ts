// A copy of what is tested, for suites that take long: whoever edits or builds meanwhile does not change it.
import { spawnSync } from 'node:child_process';
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
    'build',
    'packaging',
    'test',
    'templates',
    'dist',
    'man',
    'docs',
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'LICENSE',
    'package.json',
    'tsconfig.json',
  ];
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/**
 * Puts a .js beside each .ts of a copy: for machines where tsx would take longer than the test.
 *
 * @throws Error with what the compiler says
 */
export function compileCheckout(root: string, copy: string): void {
  const compiler = join(root, 'node_modules/.bin/tsc');
  const emit = ['--noEmit', 'false', '--rootDir', '.', '--outDir', copy];
  const imports = ['--allowImportingTsExtensions', 'false', '--rewriteRelativeImportExtensions'];
  const { status, stdout, error } = spawnSync(compiler, [...emit, ...imports], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw error ?? new Error(stdout);
}
