// The packet tracer as a second judge, where nothing foreign stands: by what the kernel holds, each frame must go where
// it went. It stops at whatever it does not know, so nothing of ours goes by unseen.
import { Snapshots } from '../faults/snapshot.ts';
import { walk } from '../faults/walk.ts';
import type { Truth } from './frames.ts';

export class Tracer {
  private readonly snapshots = new Snapshots();

  /** @returns frames that went another way than they should by the kernel's own listing */
  async disagreements(truths: Truth[]): Promise<string[]> {
    const kernel = await this.snapshots.take();
    return truths.flatMap(({ guest, nic, direction, fate }) => {
      const [iif, oif] = direction === 'out' ? [nic.tap, nic.uplink] : [nic.uplink, nic.tap];
      const { queues, lost } = walk(kernel, { iif, oif });
      const own = queues.some(({ isDefault }) => !isDefault) && lost === undefined;
      if (own === (fate === 'shaped')) return [];
      return [
        `${guest}, ${nic.tap} ${direction}: frames are ${fate}, the tracer ${lost ?? (own ? 'finds a class' : 'finds none')}`,
      ];
    });
  }

  end(): void {
    this.snapshots.end();
  }
}
