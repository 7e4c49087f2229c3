// CPU time of commands and of all that they leave to the background: they run in a process namespace of their own, whose
// first process inherits and reaps whatever is left, and tells at the end what all of them had.
import type { Place } from './place.ts';

/** Until nobody else is there, then what the shell prints of itself and of its children, in ticks of 10 ms. */
const untilAlone = 'while set -- /proc/[0-9]*; [ $# -gt 1 ]; do sleep 0.1; done; times';

/**
 * @param script of sh, run from beginning to end
 * @returns seconds, user and system. @throws when it fails
 */
export async function cpuOf(place: Place, script: string): Promise<number> {
  const text = `${script}\n${untilAlone}`;
  const { stdout } = await place.run('unshare', [
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    'sh',
    '-ec',
    text,
  ]);
  const times = [...stdout.matchAll(/(\d+)m(\d+\.\d+)s/g)];
  if (times.length !== 4) throw new Error(`no CPU times: ${stdout}`);
  return times.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}
