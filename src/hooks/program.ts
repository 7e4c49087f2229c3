// What a hook runs. libvirt runs it as root, so nobody but root may be able to change it, nor to put another in
// its place. It is called by the Node.js that runs now: libvirt's PATH may find another one, and its AppArmor
// profile lets a hook start what is really in /usr/bin or /usr/sbin, not what a link there leads to.
import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { Failure } from '../system/errors.ts';
import { otherWriters, placesOf } from '../system/trust.ts';
import { label } from '../text/label.ts';
import { packaged } from './hook-file.ts';

/** Names that stay when a new version comes, for what they lead to. */
const stable = { program: packaged, node: '/usr/bin/node' };

/**
 * @param self the program's file, as it was called
 * @param node the Node.js that runs it
 * @returns Node.js and the program, by names that hold
 * @throws Failure when it is not the built program, or others than root can change it
 */
export function findProgram(self: string, node: string): string[] {
  const program = realpathSync(self);
  if (extname(program) === '.ts') {
    throw new Failure(`${label(program)} is not the built program`, 'npm run build makes it');
  }
  const found = stableNames(program, node);
  const parts = readdirSync(dirname(program)).filter((name) => extname(name) === '.js');
  refuseOthers([...found, ...parts.map((name) => join(dirname(program), name))]);
  return found;
}

/** Node.js and the program, as a hook or cron finds them whatever their PATH, also after an upgrade. */
export function stableNames(program: string, node: string): string[] {
  return [
    isSame(stable.node, node) ? stable.node : node,
    isSame(stable.program, program) ? stable.program : resolve(program),
  ];
}

function isSame(name: string, file: string): boolean {
  try {
    return realpathSync(name) === realpathSync(file);
  } catch {
    return false; // Nothing of that name.
  }
}

/** @throws Failure naming the first place by which others than root choose what is run */
function refuseOthers(files: string[]): void {
  for (const place of placesOf(files)) {
    if (lstatSync(place).isSymbolicLink()) continue; // Counts by where it stands and where it leads to.
    const stats = statSync(place);
    const others = otherWriters(stats);
    if (!others) continue;
    const shown = label(place);
    throw new Failure(
      `${shown}: refused, because libvirt runs the hook as root and ${others}`,
      (stats.mode & 0o1000) !== 0 || stats.uid !== 0
        ? 'put the program where only root can write, as /opt/virt-shaper, and run it there'
        : `chown root:root ${shown}; chmod go-w ${shown}`,
    );
  }
}
