// One virt-shaper at a time changes the kernel: hooks of many guests run at once. Node has no flock(2), but
// the lock belongs to the open file, so a child that locks the file we opened leaves the lock with us until
// we close it or die. The file itself is never removed: it holds nothing, and removing it would be a race.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../errors.ts';
import { run } from '../exec.ts';

/** Seconds a command waits for another one to end. */
const patience = 60;

/**
 * Runs `work` under the lock.
 * @param waiting called once when another process holds it
 */
export async function withLock<T>(file: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const fd = openLock(file);
  try {
    const held = async (...how: string[]) =>
      (await run('flock', ['-x', ...how, '0'], { stdin: fd, timeout: (patience + 5) * 1000 })).status === 0;
    if (!(await held('-n'))) {
      waiting();
      if (!(await held('-w', String(patience)))) {
        throw new Failure(
          `another virt-shaper has held ${file} for ${patience} s`,
          `see who it is: fuser -v ${file}`,
        );
      }
    }
    return await work();
  } finally {
    closeSync(fd);
  }
}

function openLock(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    return openSync(file, 'a', 0o600);
  } catch (error) {
    throw new Failure(`${file} cannot be opened: ${(error as Error).message}`, 'virt-shaper runs as root');
  }
}
