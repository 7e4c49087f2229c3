// A Node.js of a given version, from the packages of the npm registry that hold nothing but the binary. Kept from one run to
// the next outside of the checkout, whose node_modules come and go: in $XDG_CACHE_HOME/virt-shaper/nodes; root's in a folder
// that others can read, for tests that run the program as somebody else, and only root can write, for those that make hooks.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The oldest that packages ask for, then what distributions ship or will (docs/nodes.md). */
export const versions = ['18.13.0', '20.19.2', '22.23.5', '24.22.3', '26.12.1'];

const cache =
  process.getuid?.() === 0
    ? '/var/cache/virt-shaper-nodes'
    : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'virt-shaper/nodes');

/**
 * @returns its path
 * @throws Error with what npm says, where there is no registry or no such package for this processor
 */
export function fetchNode(version: string): string {
  const node = join(cache, version, 'node');
  if (existsSync(node)) return node;
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'fetch-'));
  try {
    run(['npm', 'pack', '--silent', '--pack-destination', scratch, `node-linux-${process.arch}@${version}`]);
    run(['sh', '-c', 'tar -xz --no-same-owner -f "$0"/*.tgz -C "$0" package/bin/node', scratch]);
    run([join(scratch, 'package/bin/node'), '--version']);
    // Whole or not at all: another run may be doing the same.
    if (!existsSync(node)) renameSync(join(scratch, 'package/bin'), join(cache, version));
    return node;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function run([command = '', ...args]: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`);
}
