// Runs commands in the namespace it was started in, one after another, for place.ts. What enters a namespace
// anew for each command (`ip netns exec`) would be in every figure.
import { spawnSync } from 'node:child_process';
import type { Job, Timed } from './place.ts';

process.on('message', (job: Job) => process.send?.(run(job)));
process.on('disconnect', () => process.exit());

/** With what libvirt gives a hook: PATH, LC_ALL, and pipes. */
function run({ command, args, input, env }: Job): Timed {
  const began = process.hrtime.bigint();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const ended = process.hrtime.bigint();
  return {
    status: status ?? -1,
    stdout,
    stderr: error ? error.message : stderr,
    seconds: Number(ended - began) / 1e9,
    began: Number(began / 1000n),
    ended: Number(ended / 1000n),
  };
}
