// Whose a frame from the uplink is, by its address: guests that change theirs, share one, have guests of their own, and
// what is for all. Real frames, and the classes that count them.
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/doctor/finding.ts';
import { AttackedHost, hostMac, outsideMac } from '../lab/attacked-host.ts';
import { sendFrames, unknown } from '../lab/frames.ts';
import type { Guest } from '../lab/host.ts';
import type { Station } from '../lab/iperf.ts';
import { virtShaper } from '../lab/libvirt.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'ping', 'flock', 'perl'));

const config = (more = '') => `
[uplink.eth0]
ceil = "200mbit"
[guest."*"]
rate = "5mbit"
ceil = "50mbit"
${more}
`;

function on(text: string, names: string[], body: (host: AttackedHost) => Promise<void>): () => Promise<void> {
  return async () => {
    const host = await AttackedHost.make(text, names);
    try {
      await body(host);
      await host.do('verify');
    } finally {
      host.end();
    }
  };
}

const flooded = 'flooded';
const size = 1000;

/**
 * Some frames from a station to an address.
 * @returns the receiving classes among these that grew by more than what is said of neighbours in between
 */
async function counting(
  host: AttackedHost,
  from: Station,
  ends: { from: string; to: string },
  subjects: string[],
): Promise<string[]> {
  const count = () => Promise.all(subjects.map((subject) => host.counted('ifb-eth0', subject)));
  const before = await count();
  const grown = async () => {
    const after = await count();
    return subjects.filter((_, at) => (after[at] ?? 0) - (before[at] ?? 0) > 20 * size);
  };
  const sender = sendFrames(from.space, 'eth0', {
    frame: unknown(ends, size),
    rate: 200 * size * 8,
    seconds: 60,
  });
  const enough = async () => {
    const latest = performance.now() + 3000;
    while (performance.now() < latest && (await grown()).length === 0) await delay(50);
    await delay(100);
  };
  await host.attackBy(sender, host.outside, enough, 0);
  return grown();
}

const toAll = (names: string[]) => [...names.map((name) => `guest ${name}`), flooded];

/** One frame, by which a bridge learns where an address is. */
async function say(host: AttackedHost, guest: Guest, address: string): Promise<void> {
  const frame = unknown({ from: address, to: outsideMac }, 60);
  await host.attack(guest, { frame, rate: 60 * 8 * 20 }, host.outside, () => delay(0));
}

test(
  'a guest that changes its address, and one address that passes from guest to guest (VRRP)',
  on(config(), ['ann', 'bob'], async (host) => {
    const [ann, bob, { outside }] = [host.guest('ann'), host.guest('bob'), host];
    const from = outsideMac;
    const whose = (to: string) => counting(host, outside, { from, to }, toAll(['ann', 'bob']));
    assert.equal(await whose(ann.mac), ['guest ann']);
    await ann.space.ip('link set eth0 address 52:54:00:00:77:01');
    await ann.space.run('ping', ['-q', '-c1', '-w10', outside.address[4]]);
    assert.equal(await whose('52:54:00:00:77:01'), ['guest ann']);

    const virtual = '00:00:5e:00:01:07';
    assert.equal(await whose(virtual), [flooded]);
    await say(host, ann, virtual);
    assert.equal(await whose(virtual), ['guest ann']);
    await say(host, bob, virtual);
    assert.equal(await whose(virtual), ['guest bob']);
  }),
);

test(
  'guests of a guest: those that were heard, those in macs, and all with "any"',
  on(
    config(
      '[guest.ann]\nrate = "5mbit"\nmacs = ["52:54:00:00:77:02"]\n[guest.bob]\nrate = "5mbit"\nmacs = "any"',
    ),
    ['ann', 'bob'],
    async (host) => {
      const [ann, { outside }] = [host.guest('ann'), host];
      const inner = ['52:54:00:00:77:01', '52:54:00:00:77:02'] as const;
      const whose = (to: string) => counting(host, outside, { from: outsideMac, to }, toAll(['ann', 'bob']));
      // As nobody knows where it is, bob gets it too, and has said that all of that is his.
      assert.equal(await whose(inner[0]), ['guest bob', flooded]);
      assert.equal(await whose(inner[1]), ['guest ann', 'guest bob']);
      await say(host, ann, inner[0]);
      assert.equal(await whose(inner[0]), ['guest ann']);
    },
  ),
);

test(
  'multicast and DHCP arrive by the class of what is for all; a storm of them keeps nobody from being found',
  on(config(), ['ann', 'bob'], async (host) => {
    const [ann, bob, { outside }] = [host.guest('ann'), host.guest('bob'), host];
    for (const to of ['01:00:5e:01:02:03', '33:33:00:00:00:99', 'ff:ff:ff:ff:ff:ff'])
      assert.equal(
        await counting(host, outside, { from: outsideMac, to }, toAll(['ann', 'bob'])),
        [flooded],
        to,
      );
    const before = await host.counted('eth0', 'guest ann');
    await counting(host, ann, { from: ann.mac, to: 'ff:ff:ff:ff:ff:ff' }, []);
    assert.ok(
      (await host.counted('eth0', 'guest ann')) - before > 20 * size,
      'what a guest sends to all is its own',
    );

    const storm = { frame: unknown({ from: outsideMac, to: 'ff:ff:ff:ff:ff:ff' }, 1514), rate: 60e6 };
    await host.attack(outside, storm, bob, async () => {
      for (const family of [4, 6] as const) {
        for (const space of [ann.space, outside.space])
          await space.run('ip', ['neigh', 'flush', 'dev', 'eth0']);
        await outside.space.run('ping', ['-q', '-c1', '-w10', ann.address[family]]);
      }
    });
  }),
);

test(
  'addresses that are not a guest’s alone: all goes on, and doctor says whose they are',
  on(
    config(`[guest.cat]\nrate = "5mbit"\nmacs = ["52:54:00:00:00:10", "${hostMac}"]`),
    ['ann', 'bob', 'cat'],
    async (host) => {
      const bob = host.guest('bob');
      const same = { ...bob, mac: host.guest('ann').mac };
      await host.again(same);
      const found = async () => {
        // Its exit status is about all that it looks at.
        const where = ['--root', host.root, '--rules', `${host.root}/rules.d`];
        const args = [virtShaper, ...where, 'doctor', '--json'];
        const { stdout } = await host.host.space.start(process.execPath, args).ended;
        const { findings } = JSON.parse(stdout) as { findings: Finding[] };
        return findings
          .filter(({ check }) => check === 'guest.address')
          .map(({ subject, detail }) => `${subject}: ${detail}`);
      };
      const text = 'what is sent to that one and reaches it counts as its own';
      assert.equal(await found(), [
        'ann: has the address 52:54:00:00:00:10 in br0, as bob has: each gets what is sent to the other',
        `cat: its macs have 52:54:00:00:00:10, which is the address of ann: ${text}`,
        `cat: its macs have ${hostMac}, which is the address of br0: ${text}`,
      ]);
      // Who was heard last has it. Nobody may speak but when asked to: not their IPv6, and no answer to the ARP by which
      // the other end makes sure of an address some seconds after a ping.
      for (const name of ['ann', 'bob', 'cat']) {
        await host.set(host.guest(name), 'net.ipv6.conf.all.disable_ipv6=1');
        await host.guest(name).space.ip('address flush dev eth0');
      }
      const whose = () =>
        counting(host, host.outside, { from: outsideMac, to: same.mac }, toAll(['ann', 'bob', 'cat']));
      for (const name of ['ann', 'bob']) {
        await say(host, host.guest(name), same.mac);
        assert.equal(await whose(), [`guest ${name}`]);
      }
      await host.again(bob);
      assert.is((await found()).length, 2);
    },
  ),
);

test.run();
