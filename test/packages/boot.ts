// A machine whose systemd runs: as in a container, but with the network and the kernel rights of the test.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Machine, type Result, surroundings } from './machine.ts';

export interface Booted {
  run: (command: string) => Result;
  /** @throws Error when it fails */
  must: (command: string) => string;
  /** As when the power fails: what is below /run is gone. */
  halt: () => Promise<void>;
}

/** @throws Error when it is not up within a minute */
export async function boot(machine: Machine): Promise<Booted> {
  const script = fileURLToPath(new URL('boot.sh', import.meta.url));
  const outer = spawn('sh', [script, machine.root], { stdio: ['ignore', 'inherit', 'inherit'] });
  const booted = inside(outer);
  for (let second = 0; second < 60; second += 1) {
    await sleep(1000);
    if (/^(running|degraded)$/.test(booted.run('systemctl is-system-running').output.trim())) return booted;
  }
  outer.kill('SIGKILL');
  throw new Error(`systemd is not up: ${booted.run('systemctl list-jobs; systemctl --failed').output}`);
}

function inside(outer: ChildProcess): Booted {
  const run = (command: string): Result => {
    const enter = ['--target', firstProcess(outer), '--mount', '--pid', '--uts', '--ipc', '--cgroup'];
    const { status, stdout } = spawnSync(
      'nsenter',
      [...enter, 'sh', '-c', `exec 2>&1; cd /root; ${command}`],
      { encoding: 'utf8', env: surroundings, timeout: 120_000 },
    );
    return { status, output: stdout };
  };
  return {
    run,
    must: (command) => {
      const { status, output } = run(command);
      if (status !== 0) throw new Error(`${command}: status ${status}\n${output}`);
      return output;
    },
    halt: async () => {
      if (outer.exitCode !== null || outer.signalCode !== null) return;
      const ended = new Promise((resolve) => outer.on('close', resolve));
      outer.kill('SIGKILL');
      await ended;
    },
  };
}

/** systemd, as this namespace counts it: the only child of unshare, which sh has become. */
function firstProcess({ pid }: ChildProcess): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  } catch {
    return '';
  }
}
