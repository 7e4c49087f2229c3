// One of the ways past a ceiling that are none: a bridged guest sends to the host's own address, and the host, which routes
// for others, routes that too (docs/hostile-guest.md has the others).
import { setTimeout as delay } from 'node:timers/promises';
import type { Experiment } from './experiment.ts';
import { rateText } from './experiment.ts';
import { sendFrames, udp } from './frames.ts';
import type { Guest, Host } from './host.ts';
import { policy } from './policy.ts';

export function byTheHost(host: Host, guest: Guest): Experiment {
  const most = 1.05;
  const what = `${guest.name} by the host's routing`;
  return {
    section: `a hostile guest, five times its ceil: at most ${most} of it reaches the wire`,
    title: what,
    run: async (signal) => {
      const { space } = host.outside;
      const to = await addressOf(host, policy.bridge);
      const frame = udp({ from: guest.mac, to }, guest.address[4], host.outside.address[4], 1514);
      const sender = sendFrames(guest.space, 'eth0', { frame, rate: 5 * guest.ceil, seconds: 10 });
      try {
        await delay(1200, undefined, { signal });
        const count = async () => Number(await space.run('cat', ['/sys/class/net/eth0/statistics/rx_bytes']));
        const [began, before] = [performance.now(), await count()];
        await delay(2000, undefined, { signal });
        const bytes = (await count()) - before;
        const received = (bytes * 8 * 1000) / (performance.now() - began);
        return [{ what, configured: rateText(guest.ceil), expected: guest.ceil, received, least: 0.8, most }];
      } finally {
        sender.kill();
        await sender.ended;
      }
    },
  };
}

async function addressOf({ space }: Host, device: string): Promise<string> {
  return (await space.run('cat', [`/sys/class/net/${device}/address`])).trim();
}
