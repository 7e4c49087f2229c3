// What a hostile guest can try, with its figure: by no way do more bytes of its reach the wire than 1.05 times its ceil,
// and no neighbour is left with less than 95 % of its guarantee (docs/hostile-guest.md).
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { unless } from '../support/skip.ts';
import { type AttackedHost, hostMac, inMbit, outsideMac, tcpShare } from './attacked-host.ts';
import { arpReply, bpdu, echo, udp, unknown } from './frames.ts';
import { keeps, most, needsFigures, on, two, within } from './hostile.ts';
import { mbit } from './policy.ts';

const test = unless(needsFigures());

test(
  'by way of the host: routed, and as its own replies, both ways',
  on(two(), ['mallory', 'bob'], async (host) => {
    const [mallory, { outside }] = [host.guest('mallory'), host];
    const ceil = 10 * mbit;
    const rate = 100 * mbit;
    const [own, far, its] = [mallory.address, outside.address, host.host.address];
    const toHost = { from: mallory.mac, to: hostMac };
    const intoHost = { from: outsideMac, to: hostMac };
    const six = { mac: await linkLocal(host), far: await linkLocal(host, true) };
    for (const [what, from, frame, to] of [
      ['to the outside', mallory, udp({ from: mallory.mac, to: outsideMac }, own[4], far[4], 1514), outside],
      ['a question to the host, forged as the outside', mallory, echo(toHost, far[4], its[4], 1514), outside],
      ['the same by IPv6', mallory, echo(toHost, far[6], its[6], 1494), outside],
      ["to the bridge's own address", mallory, echo(toHost, six.far, six.mac, 1494), outside],
      [
        'a question from outside, forged as the guest',
        outside,
        echo(intoHost, own[4], its[4], 1514),
        mallory,
      ],
    ] as const)
      within(what, (await host.attack(from, { frame, rate }, to)).wire, ceil);

    await host.set(host.host, 'net.ipv4.ip_forward=1');
    const routed = udp(toHost, own[4], far[4], 1514);
    within('routed by the host', (await host.attack(mallory, { frame: routed, rate }, outside)).wire, ceil);
    const lie = arpReply({ from: mallory.mac, to: outsideMac }, own[4], hostMac, far[4]);
    await host.attack(mallory, { frame: lie, rate: mbit / 50 }, outside, () => delay(200));
    const back = udp(intoHost, far[4], own[4], 1514);
    within('routed to the guest', (await host.attack(outside, { frame: back, rate }, mallory)).wire, ceil);
  }),
);

async function linkLocal(host: AttackedHost, far = false): Promise<string> {
  const [{ space }, device] = far ? [host.outside, 'eth0'] : [host.host, 'br0'];
  for (;;) {
    const shown = await space.run('ip', ['-6', '-o', 'addr', 'show', 'dev', device, 'scope', 'link']);
    const found = shown.match(/inet6 ([^/]+)/)?.[1];
    // Until its double was looked for it is no address.
    if (found && !shown.includes('tentative')) return found;
    await delay(50);
  }
}

test(
  'from behind a router: as itself, by forged addresses, and as the host’s own replies, both ways',
  on(
    two('', 'routed = "virbr0"'),
    ['mallory', 'bob'],
    async (host) => {
      const [mallory, { outside }] = [host.guest('mallory'), host];
      const gateway = (await host.host.space.run('cat', ['/sys/class/net/virbr0/address'])).trim();
      const [own, far, its] = [mallory.address, outside.address, host.host.address];
      const ends = { from: mallory.mac, to: gateway };
      const back = { from: outsideMac, to: hostMac };
      for (const [what, from, frame, to] of [
        ['as itself', mallory, udp(ends, own[4], far[4], 1514), outside],
        ['by IPv6', mallory, udp(ends, own[6], far[6], 1514), outside],
        [
          'from another Ethernet address',
          mallory,
          udp({ ...ends, from: hostMac }, own[4], far[4], 1514),
          outside,
        ],
        ['from an address of the outside', mallory, udp(ends, '10.99.0.77', far[4], 1514), outside],
        ['a question to the host, forged as the outside', mallory, echo(ends, far[4], its[4], 1514), outside],
        ['a question from outside, forged as the guest', outside, echo(back, own[4], its[4], 1514), mallory],
        ['what is sent to it', outside, udp(back, far[4], own[4], 1514), mallory],
      ] as const)
        within(what, (await host.attack(from, { frame, rate: 60 * mbit }, to)).wire, 10 * mbit);
    },
    ['mallory'],
  ),
);

test(
  'with `local`: off a neighbour that answers, and by one that routes',
  on(two('local = "10mbit"'), ['mallory', 'bob'], async (host) => {
    const [mallory, bob, { outside }] = [host.guest('mallory'), host.guest('bob'), host];
    const ends = { from: mallory.mac, to: bob.mac };
    const reflected = echo(ends, outside.address[4], bob.address[4], 1514);
    const upload = () => host.tcp(bob, outside);
    const { found } = await host.attack(mallory, { frame: reflected, rate: 300 * mbit }, outside, upload);
    // What bob answers is bob's: all that is left of 30 is his.
    keeps('while it is made to answer', found, 20 * mbit - 0.5 * mbit);

    await host.set(bob, 'net.ipv4.ip_forward=1');
    const handed = udp(ends, mallory.address[4], outside.address[4], 1514);
    const { wire } = await host.attack(mallory, { frame: handed, rate: 100 * mbit }, outside);
    within('by a neighbour that routes', wire, 10 * mbit);
  }),
);

test(
  'with `storm`: to all, to many and to nobody',
  on(two('storm = "2mbit"'), ['mallory', 'bob'], async (host) => {
    const [mallory, bob, { outside }] = [host.guest('mallory'), host.guest('bob'), host];
    for (const to of ['ff:ff:ff:ff:ff:ff', '01:00:5e:01:02:03', '52:54:00:aa:aa:aa']) {
      const sending = { frame: unknown({ from: mallory.mac, to }, 1514), rate: 300 * mbit };
      within(`storm to ${to}`, (await host.attack(mallory, sending, bob)).wire, 2 * mbit, 0.7);
      const { found } = await host.attack(mallory, sending, bob, () => host.tcp(outside, bob));
      keeps(`storm to ${to}`, found, 20 * mbit);
    }
  }),
);

const filtered = `table ip others {
  chain forward { type filter hook forward priority 0; ct state established,related accept; meta mark set 0x5; }
}
`;

test(
  'br_netfilter with rules that put fragments together and set marks of their own: counted as sent',
  on(two(), ['mallory', 'bob'], async (host) => {
    const [mallory, { outside }] = [host.guest('mallory'), host];
    const names = ['iptables', 'ip6tables'].map((name) => `net.bridge.bridge-nf-call-${name}=1`);
    await host.set(host.host, ...names).catch(() => {});
    await host.host.space.run('nft', ['-f', '-'], { input: filtered });
    const ends = { from: mallory.mac, to: outsideMac };
    const plain = udp(ends, mallory.address[4], outside.address[4], 1514);
    within(
      'datagrams',
      (await host.attack(mallory, { frame: plain, rate: 100 * mbit }, outside)).wire,
      10 * mbit,
    );
    const fragments = async () => {
      const large = ['-q', '-s', '20000', '-i', '0.005', '-c', '500', '-w', '3', outside.address[4]];
      await mallory.space.start('ping', large).ended;
    };
    const silent = { frame: unknown(ends, 60), rate: 1 };
    within('fragments', (await host.attack(mallory, silent, outside, fragments)).wire, 10 * mbit, 0.5);
    assert.ok((await host.tcp(mallory, outside)) <= most * 10 * mbit * tcpShare);
  }),
);

test(
  'a forged address: what reaches a tap is its guest’s, as is what leaves it',
  on(two(), ['mallory', 'bob'], async (host) => {
    const [mallory, bob, { outside }] = [host.guest('mallory'), host.guest('bob'), host];
    const forged = unknown({ from: bob.mac, to: outsideMac }, 1514);
    const before = await host.counted('eth0', 'guest bob');
    within(
      'with a neighbour’s address',
      (await host.attack(mallory, { frame: forged, rate: 100 * mbit }, outside)).wire,
      10 * mbit,
    );
    assert.ok((await host.counted('eth0', 'guest bob')) - before < 10_000, 'it is nobody else’s');
    // The bridge now sends to mallory what is bob's: not more than what mallory may receive.
    const theirs = udp({ from: outsideMac, to: bob.mac }, outside.address[4], bob.address[4], 1514);
    const { wire } = await host.attack(outside, { frame: theirs, rate: 60 * mbit }, mallory);
    assert.ok(wire <= most * 10 * mbit, `of a neighbour’s download: ${inMbit(wire)} mbit`);
  }),
);

test(
  'BPDUs of a guest: its own where they are forwarded; where the bridge takes them, nobody loses his guarantee',
  on(two(), ['mallory', 'bob'], async (host) => {
    const [mallory, bob, { outside }] = [host.guest('mallory'), host.guest('bob'), host];
    const root = '00:00:00:00:00:01';
    const frame = bpdu(mallory.mac, root);
    const storm = { frame, rate: 40_000 * frame.length * 8 };
    const { wire } = await host.attack(mallory, storm, outside);
    within('forwarded by a bridge without STP', wire, 10 * mbit);

    const { space } = host.host;
    await space.ip('link set br0 type bridge stp_state 1 forward_delay 200');
    const read = async (file: string) => (await space.run('cat', [`/sys/class/net/${file}`])).trim();
    const ports = ['eth0', mallory.tap, bob.tap];
    const states = () => Promise.all(ports.map((port) => read(`${port}/brport/state`)));
    for (let tries = 0; (await states()).some((state) => state !== '3'); tries += 1) {
      assert.ok(tries < 100, `the ports are ${await states()}`);
      await delay(100);
    }
    const sends = await host.attack(mallory, storm, outside, () => host.tcp(bob, outside));
    keeps('beside BPDUs, bob sends', sends.found, 20 * mbit);
    assert.is(await read('br0/bridge/root_id'), '0000.000000000001', 'the bridge believes it');
    // The bridge forgets where everybody is, so more is flooded; mallory has no more of it than it may receive.
    const receives = await host.attack(mallory, storm, mallory, () => host.tcp(outside, bob));
    keeps('beside BPDUs, bob receives', receives.found, 20 * mbit);
    assert.ok(receives.wire <= most * 10 * mbit, `mallory received ${inMbit(receives.wire)} mbit`);
  }),
);

test.run();
