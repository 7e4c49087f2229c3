// One test process: started in a process group of its own, killed with that group when its time is up or
// when it has ended, so that nothing it started goes on. Its output goes to a file and not through a pipe,
// which a forgotten grandchild could hold open for ever.

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './verdict.ts';

export interface Surroundings {
  cwd: string;
  /** An existing folder, removed by the caller; temporary files of the process go there too. */
  scratch: string;
  /** Seconds. */
  limit: number;
}

const running = new Set<number>();

export async function runProcess(command: string[], { cwd, scratch, limit }: Surroundings): Promise<Run> {
  const own = mkdtempSync(join(scratch, 'run-'));
  const log = openSync(join(own, 'output'), 'a');
  const [file = '', ...args] = command;
  const { FORCE_COLOR: _, ...env } = process.env;
  const child = spawn(file, args, {
    cwd,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...env, NO_COLOR: '1', TMPDIR: scratch },
  });
  closeSync(log);
  const { pid } = child;
  if (pid !== undefined) running.add(pid);

  let killedAfter: number | undefined;
  const timer = setTimeout(() => {
    killedAfter = limit;
    killGroup(pid);
  }, limit * 1000);
  const status = await new Promise<number | null>((done, fail) => {
    child.once('exit', done);
    child.once('error', fail);
  });
  clearTimeout(timer);
  killGroup(pid);
  const output = readFileSync(join(own, 'output'), 'utf8');
  return killedAfter === undefined ? { status, output } : { status, output, killedAfter };
}

/** For the end of the run, whatever ended it. */
export function killAll(): void {
  for (const pid of running) killGroup(pid);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined || !running.delete(pid)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
