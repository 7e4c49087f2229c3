// Hears from the wrapper after every call and every line of a batch, and lets it go on when the kernel has been
// looked at.
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class Watcher {
  private readonly reader: ChildProcess;
  private readonly seen: number;
  /** Called with the number of the call and what was done. */
  onShown: (what: string) => Promise<void> = async () => {};

  constructor(folder: string) {
    // Both ends are held open, so that no open waits and no read ends.
    const shown = openSync(join(folder, 'shown'), 'r+');
    this.seen = openSync(join(folder, 'seen'), 'r+');
    this.reader = spawn('cat', { stdio: [shown, 'pipe', 'inherit'] });
    if (!this.reader.stdout) throw new Error('cat has no output');
    createInterface(this.reader.stdout).on('line', async (what) => {
      await this.onShown(what);
      writeSync(this.seen, '\n');
    });
  }

  end(): void {
    this.reader.kill();
  }
}
