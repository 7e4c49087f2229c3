// Ports decide whose a frame is, not what is in it: tags, labels, fragments, extension headers and types that no kernel
// knows, both ways. Real frames, and the classes that count them.
import { setTimeout as delay } from 'node:timers/promises';
import { test as always } from 'uvu';
import * as assert from 'uvu/assert';
import { AttackedHost, outsideMac } from '../lab/attacked-host.ts';
import { ether, sendFrames, udp, unknown } from '../lab/frames.ts';
import type { Station } from '../lab/iperf.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'ping', 'flock', 'perl'), always);

const config = `
[uplink.eth0]
ceil = "200mbit"
[guest."*"]
rate = "5mbit"
ceil = "50mbit"
`;

interface Ends {
  from: string;
  to: string;
}

const bytes = (...values: number[]) => Buffer.from(values);
const rest = Buffer.alloc(900, 'x');
/** What follows the addresses and the type of a datagram, IPv4 or IPv6. */
const inside = (ends: Ends, version: 4 | 6) => {
  const [from, to] = version === 4 ? ['10.99.0.77', '10.99.0.78'] : ['fd99::77', 'fd99::78'];
  return udp(ends, from as string, to as string, 900).subarray(14);
};

const kinds: Record<string, (ends: Ends) => Buffer> = {
  'in a VLAN': (ends) => ether(ends, 0x8100, Buffer.concat([bytes(0xe0, 5, 8, 0), inside(ends, 4)])),
  'with a priority and no VLAN': (ends) =>
    ether(ends, 0x8100, Buffer.concat([bytes(0xe0, 0, 8, 0), inside(ends, 4)])),
  'in a VLAN within a VLAN': (ends) =>
    ether(ends, 0x88a8, Buffer.concat([bytes(0, 5, 0x81, 0, 0, 6, 8, 0), inside(ends, 4)])),
  'with a label of MPLS': (ends) =>
    ether(ends, 0x8847, Buffer.concat([bytes(0, 1, 1, 0x40), inside(ends, 4)])),
  'with a length for a type': (ends) => ether(ends, 903, Buffer.concat([bytes(0xaa, 0xaa, 3), rest])),
  'of a type that nobody knows': (ends) => unknown(ends, 900),
  'of type 0xffff': (ends) => ether(ends, 0xffff, rest),
  'a fragment': (ends) => ether(ends, 0x0800, fragment(inside(ends, 4), 0x2000)),
  'a fragment from within': (ends) => ether(ends, 0x0800, fragment(inside(ends, 4), 0x2064)),
  'IPv6 with options': (ends) => {
    const whole = inside(ends, 6);
    const options = bytes(17, 0, 1, 4, 0, 0, 0, 0);
    const head = Buffer.from(whole.subarray(0, 40));
    head.writeUInt16BE(head.readUInt16BE(4) + options.length, 4);
    head.writeUInt8(0, 6);
    return ether(ends, 0x86dd, Buffer.concat([head, options, whole.subarray(40)]));
  },
  'IPv6 that is none': (ends) =>
    ether(ends, 0x86dd, Buffer.concat([bytes(0x60, 0, 0, 0, 3, 132, 0, 64), rest])),
  'IPv4 that is none': (ends) => ether(ends, 0x0800, rest),
};

function fragment(packet: Buffer, flags: number): Buffer {
  const made = Buffer.from(packet);
  made.writeUInt16BE(flags, 6);
  return made;
}

for (const direction of ['sends', 'receives'] as const) {
  test(`whatever is in what a guest ${direction}: its own class counts it, and nobody else's`, async () => {
    const host = await AttackedHost.make(config, ['ann', 'bob']);
    try {
      // Rules of IP, where they see what crosses a bridge, would drop what makes no sense to them.
      const rules = ['iptables', 'ip6tables'].map((name) => `net.bridge.bridge-nf-call-${name}=0`);
      await host.set(host.host, ...rules).catch(() => {});
      const ann = host.guest('ann');
      const sends = direction === 'sends';
      const from: Station = sends ? ann : host.outside;
      const ends = sends ? { from: ann.mac, to: outsideMac } : { from: outsideMac, to: ann.mac };
      const subjects = ['guest ann', 'guest bob', 'unmarked', ...(sends ? [] : ['flooded'])];
      const device = sends ? 'eth0' : 'ifb-eth0';
      const count = () => Promise.all(subjects.map((subject) => host.counted(device, subject)));
      for (const [what, made] of Object.entries(kinds)) {
        const frame = made(ends);
        const before = await count();
        const sending = { frame, rate: 100 * frame.length * 8, seconds: 0.3 };
        await sendFrames(from.space, 'eth0', sending).ended;
        await delay(50);
        const grown = (await count()).map((bytes, at) => bytes - (before[at] ?? 0));
        const most = subjects.filter((_, at) => (grown[at] ?? 0) > 10 * frame.length);
        assert.equal(most, ['guest ann'], `${what}: ${subjects.map((one, at) => `${one} ${grown[at]}`)}`);
      }
      await host.do('verify');
    } finally {
      host.end();
    }
  });
}

test.run();
