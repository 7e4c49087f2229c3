// The program as a user who is not root, from a copy that this user may read: the checkout may lie below /root.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needsCommand } from '../support/needs.ts';
import { sh, type TestHost } from './host.ts';

const become = 'setpriv --reuid 65534 --regid 65534 --clear-groups';
const node = `${become} ${process.execPath}`;

/** @returns the reason to skip */
export function needsNobody(): string | undefined {
  const missing = needsCommand('setpriv');
  if (missing) return missing;
  const { status, stderr } = spawnSync('sh', ['-c', `${node} -e 0`], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `no other user can run Node.js here: ${stderr.trim().split('\n')[0]} (as root, with one that all may run: npm test)`;
}

/** @returns the command, for sh, with the host's --root */
export function asNobody({ root }: TestHost): string {
  const checkout = fileURLToPath(new URL('../../', import.meta.url));
  const copy = join(root, 'copy');
  sh(
    `mkdir ${copy} && cd '${checkout}' && cp -R dist templates ${copy} && chmod -R a+rX ${copy} && chmod 755 ${root}`,
  );
  return `${node} ${copy}/dist/virt-shaper.js --root ${root}`;
}
