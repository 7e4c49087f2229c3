// What the demo needs before it starts: each reason not to is one line that says what to do.
import { existsSync } from 'node:fs';
import { needsCommand } from '../support/needs.ts';
import type { Namespaces } from '../support/netns.ts';
import { virtShaper } from './libvirt.ts';

/** @returns why the demo cannot run here; nothing if it can */
export function findObstacles(spaces: Namespaces): string[] {
  const missing = needsCommand('ip', 'tc', 'nft', 'iperf3', 'perl');
  if (missing) return [missing];
  return [findNamespaceObstacle(spaces), findBuildObstacle()].filter((line) => line !== undefined);
}

function findNamespaceObstacle(spaces: Namespaces): string | undefined {
  try {
    spaces.add('probe');
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const reason = stderr?.trim().split('\n')[0] ?? String(error);
    const user = process.getuid?.() === 0 ? '' : 'not root, and ';
    return `${user}no network namespace can be made here: ${reason} (as root: npm run demo; without: sh test/support/netns.sh npm run demo)`;
  }
}

function findBuildObstacle(): string | undefined {
  return existsSync(virtShaper) ? undefined : 'dist/virt-shaper.js is not there (npm run build)';
}
