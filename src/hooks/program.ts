// The program that a hook runs. libvirt runs hooks as root, so nobody but root may be able to change the program or to
// replace it. The hook names the Node.js that runs now, since libvirt's PATH may find another one, and since libvirt's
// AppArmor profile allows only programs that are in /usr/bin or /usr/sbin themselves, not by a symlink.
import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { Failure } from '../system/errors.ts';
import { otherWriters, placesOf } from '../system/trust.ts';
import { label } from '../text/label.ts';
import { packaged } from './hook-file.ts';

/** Paths that an upgrade does not change. */
const stable = { program: packaged, node: '/usr/bin/node' };

/**
 * @param self path by which the program was called
 * @param node path of the Node.js that runs it
 * @returns Node.js and the program, by paths that an upgrade does not change
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

/** Absolute paths of Node.js and the program, for hooks and cron; they stay valid after an upgrade. */
export function stableNames(program: string, node: string, names = stable): string[] {
  return [
    isSame(names.node, node) ? names.node : node,
    isSame(names.program, program) ? names.program : resolve(program),
  ];
}

function isSame(name: string, file: string): boolean {
  try {
    return realpathSync(name) === realpathSync(file);
  } catch {
    return false; // It does not exist.
  }
}

/** @throws Failure with the first file or folder that lets others than root decide what is run */
function refuseOthers(files: string[]): void {
  for (const place of placesOf(files)) {
    if (lstatSync(place).isSymbolicLink()) continue; // Of a symlink, its folder and its target are checked.
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
