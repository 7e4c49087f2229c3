// What a test needs of the machine. Each function returns the reason to skip, with what to do about it, or
// undefined when all is there; join them with ?? and hand the result to unless() of skip.ts.

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const netnsScript = fileURLToPath(new URL('netns.sh', import.meta.url));

export function needsCommand(...names: string[]): string | undefined {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return undefined;
  return `${missing.join(', ')} not installed (as root: npm run setup)`;
}

/** For what the set-up does not install. @param debian the package that has it, where it is called otherwise */
export function needsPackage(command: string, debian = command): string | undefined {
  return isInstalled(command) ? undefined : `${command} not installed (as root: apt-get install ${debian})`;
}

export function needsRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'not root (as root: npm test)';
}

/** For tests that change the network: are we in a namespace of our own, and not on somebody's host? */
export function needsNamespace(): string | undefined {
  if (process.env.VIRT_SHAPER_NETNS === '1') return undefined;
  const file = relative('.', process.argv[1] ?? 'FILE');
  return `would change this host's network (sh test/support/netns.sh node --import tsx ${file})`;
}

/** For tests that make namespaces themselves: can this user, on this kernel? */
export function needsUnshare(): string | undefined {
  const { status, stderr } = spawnSync('sh', [netnsScript, 'true'], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `no network namespace here: ${stderr.trim().split('\n')[0]} (as root, outside a container: npm test)`;
}

// Debian leaves the sbin folders out of a user's PATH, where nft and tc are.
function isInstalled(name: string): boolean {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
