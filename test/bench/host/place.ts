// A network namespace with somebody in it who runs commands there and times them. Several stand side by side, so
// that hosts of different sizes can be measured in turn.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Namespace, Namespaces } from '../../support/netns.ts';

export interface Job {
  command: string;
  args: string[];
  input: string;
  /** Beside PATH and LC_ALL, which are all that it has. */
  env: Record<string, string>;
}

export interface Timed {
  status: number;
  stdout: string;
  stderr: string;
  /** From its start until it and all who hold its output have ended. */
  seconds: number;
  /** The same as moments of the system's monotonic clock, in microseconds. */
  began: number;
  ended: number;
}

const script = fileURLToPath(new URL('worker.ts', import.meta.url));

export class Place {
  private constructor(
    readonly space: Namespace,
    private readonly worker: ChildProcess,
  ) {}

  static async make(spaces: Namespaces, label: string): Promise<Place> {
    const place = Place.at(spaces.add(label));
    await place.space.run('sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1']);
    return place;
  }

  /** Somebody in a namespace that is there. */
  static at(space: Namespace): Place {
    const worker = spawn('ip', ['netns', 'exec', space.name, process.execPath, '--import', 'tsx', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // Whoever ends need not say goodbye.
    worker.unref();
    worker.channel?.unref();
    return new Place(space, worker);
  }

  /** @param status that it must end with; null: whatever. @throws when it ends with another, with what it said */
  async run(
    command: string,
    args: string[],
    {
      input = '',
      env = {},
      status = 0,
    }: { input?: string; env?: Record<string, string>; status?: number | null } = {},
  ): Promise<Timed> {
    const answer = once(this.worker, 'message');
    this.worker.channel?.ref();
    this.worker.send({ command, args, input, env } satisfies Job);
    const [timed] = (await answer) as [Timed];
    this.worker.channel?.unref();
    if (status === null || timed.status === status) return timed;
    const said = timed.stderr.trim().slice(0, 2000);
    throw new Error(`${command} ${args.join(' ')}: status ${timed.status}: ${said}`);
  }

  /** A piece of shell. */
  sh(text: string, input = ''): Promise<Timed> {
    return this.run('sh', ['-ec', text], { input });
  }
}
