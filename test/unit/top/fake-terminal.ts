// A terminal that is none: what is written to it is kept, and keys, sizes and its end are what a test says.
import { EventEmitter } from 'node:events';

export class FakeTerminal {
  written = '';
  raw: boolean[] = [];
  /** What was killed, and with which signal. */
  readonly killed: [pid: number, signal: string][] = [];
  readonly stdin = Object.assign(new EventEmitter(), {
    isTTY: true,
    isPaused: true,
    setRawMode: (raw: boolean) => {
      this.raw.push(raw);
    },
    resume: () => {
      this.stdin.isPaused = false;
      return this.stdin;
    },
    pause: () => {
      this.stdin.isPaused = true;
      return this.stdin;
    },
  });
  readonly stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns: 60,
    rows: 10,
    depth: 8,
    getColorDepth: () => this.stdout.depth,
    write: (text: string) => {
      this.written += text;
      return true;
    },
  });

  /** What was written since the last call. */
  take(): string {
    const { written } = this;
    this.written = '';
    return written;
  }

  /** Runs `work` with this as the terminal of the process, and without any signal that is sent. */
  async during(work: () => Promise<void> | void): Promise<void> {
    const real = (['stdin', 'stdout', 'kill'] as const).map(
      (name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const,
    );
    Object.defineProperty(process, 'stdin', { value: this.stdin, configurable: true });
    Object.defineProperty(process, 'stdout', { value: this.stdout, configurable: true });
    Object.defineProperty(process, 'kill', {
      value: (pid: number, signal: string) => this.killed.push([pid, signal]),
      configurable: true,
    });
    try {
      await work();
    } finally {
      for (const [name, is] of real) {
        if (is) Object.defineProperty(process, name, is);
        else delete (process as never as Record<string, unknown>)[name];
      }
    }
  }
}
