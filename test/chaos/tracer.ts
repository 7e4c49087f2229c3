// The packet tracer as a second judge, where nothing foreign stands: by what the kernel holds, each frame must go where
// it went. It stops at whatever it does not know, so nothing of ours goes by unseen.
import { Snapshots } from '../faults/snapshot.ts';
import { walk } from '../faults/walk.ts';
import type { Truth } from './frames.ts';
import type { World } from './world.ts';

export class Tracer {
  private readonly snapshots = new Snapshots();

  /** @returns frames that went another way than they should by the kernel's own listing */
  async disagreements(world: World, truths: Truth[]): Promise<string[]> {
    // Of devices that go just then tc may say nothing at all.
    const kernel = await this.snapshots.take().catch(() => this.snapshots.take());
    return truths.flatMap(({ guest, nic, direction, fate }) => {
      const own = { port: nic.tap, bridge: nic.bridge };
      const bridge = world.bridgeOf(nic.uplink);
      const above = { port: nic.uplink, ...(bridge ? { bridge } : {}) };
      const [from, to] = direction === 'out' ? [own, above] : [above, own];
      const frame = {
        iif: from.port,
        oif: to.port,
        ...(nic.routed ? { routed: { from: from.bridge, to: to.bridge } } : {}),
      };
      const { queues, lost } = walk(kernel, frame);
      const isOwn = queues.some(({ isDefault }) => !isDefault) && lost === undefined;
      if (isOwn === (fate === 'shaped')) return [];
      return [
        `${guest}, ${nic.tap} ${direction}: frames are ${fate}, the tracer ${lost ?? (isOwn ? 'finds a class' : 'finds none')}`,
      ];
    });
  }

  end(): void {
    this.snapshots.end();
  }
}
