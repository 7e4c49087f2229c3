// Processes that take seeds, each in a kernel of its own (worker.ts).
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { netnsScript } from '../support/needs.ts';
import type { Step } from './run.ts';

export interface Job {
  seed: string;
  indexes: number[];
  /** Kinds of action, one after the other. */
  only?: string[];
}

export class Workers {
  constructor(
    private readonly count: number,
    private readonly take: (step: Step) => void,
  ) {}

  /** @returns whether one of them broke */
  async work(next: () => Job | undefined): Promise<boolean> {
    const ended = await Promise.all(Array.from({ length: this.count }, () => this.workOne(next)));
    return ended.includes(true);
  }

  private async workOne(next: () => Job | undefined): Promise<boolean> {
    const worker = fileURLToPath(new URL('worker.ts', import.meta.url));
    const child = spawn('sh', [netnsScript, process.execPath, '--import', 'tsx', worker], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const give = () => {
      const job = next();
      if (job === undefined) child.stdin.end();
      else child.stdin.write(`${JSON.stringify(job)}\n`);
    };
    give();
    for await (const line of createInterface(child.stdout)) {
      if (line === 'next') give();
      else if (line.startsWith('{')) this.take(JSON.parse(line) as Step);
      else console.log(line);
    }
    const status = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
    if (status !== 0) console.log(`a worker ended with ${status}`);
    return status !== 0;
  }
}
