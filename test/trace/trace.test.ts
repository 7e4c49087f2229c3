// Which class a frame ends in, read from the generated files alone. Each test is a frame somebody sends.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFor, makeWorld } from '../support/world.ts';
import { type Frame, readNetwork, type Traced, trace } from './trace.ts';

const friends = `
[group.friends]
ceil = { out = "30mbit", in = "60mbit" }
[guest.cliff]
id = 0x10
group = "friends"
rate = "15mbit"
ceil = { out = "20mbit", in = "40mbit" }
[guest.rob]
id = 0x11
group = "friends"
rate = "10mbit"
[guest.jason]
id = 0x20
rate = "30mbit"
ceil = "50mbit"
`;
const guests = { jason: 'vnet0@br0', cliff: 'vnet3@br0', rob: 'vnet4@br0', stranger: 'vnet9@br0' };

function frame(frame: Frame, world = makeWorld(friends, guests)): Traced {
  return trace(readNetwork(generateFor(world).rules), frame);
}

/** `eth0 1:10 15/20 < 1:f8da 25/30 < ...`: the device, then from the leaf up each class's rate and ceil in mbit. */
function shown({ queue }: Traced): string {
  if (queue === 'direct') return queue;
  const classes = queue.path.map(({ id, rate, ceil }) => `${id} ${rate / 1e6}/${ceil / 1e6}`);
  return `${queue.device} ${classes.join(' < ')}`;
}

test('from a guest to the uplink: its class in the tree on the uplink', () => {
  const sent = frame({ iif: 'vnet3', oif: 'eth0' });
  assert.is(sent.mark, 0x76730010);
  assert.is(sent.priority, '1:10');
  assert.is(shown(sent), 'eth0 1:10 15/20 < 1:f8da 25/30 < 1:ffff 1000/1000');
});

test('from the uplink to a guest: its class in the tree on the ifb', () => {
  const received = frame({ iif: 'eth0', oif: 'vnet3' });
  assert.is(received.mark, 0x76730010);
  assert.is(received.priority, '2:10');
  assert.is(shown(received), 'ifb-eth0 2:10 15/40 < 2:f8da 25/60 < 2:ffff 1000/1000');
});

test('a guest without a group is below the link', () => {
  assert.is(shown(frame({ iif: 'vnet0', oif: 'eth0' })), 'eth0 1:20 30/50 < 1:ffff 1000/1000');
  assert.is(shown(frame({ iif: 'eth0', oif: 'vnet0' })), 'ifb-eth0 2:20 30/50 < 2:ffff 1000/1000');
});

test('from guest to guest: no mark, no priority, no queue of ours', () => {
  for (const [iif, oif] of [
    ['vnet3', 'vnet4'],
    ['vnet4', 'vnet0'],
    ['vnet3', 'vnet9'],
  ] as const) {
    assert.equal(frame({ iif, oif }), { mark: 0, rules: 1, queue: 'direct' }, `${iif} to ${oif}`);
  }
});

test('from the host to a guest: direct', () => {
  assert.equal(frame({ oif: 'vnet3' }), { mark: 0, rules: 0, queue: 'direct' });
});

test('a guest to the host, whose end of the bridge is the bridge itself: direct', () => {
  assert.equal(frame({ iif: 'vnet3', oif: 'br0' }), { mark: 0, rules: 1, queue: 'direct' });
});

test('the host and guests without an entry send by the default class, up to the link', () => {
  const unmarked = 'eth0 1:fffe 10/1000 < 1:ffff 1000/1000';
  assert.is(shown(frame({ oif: 'eth0' })), unmarked);
  assert.is(shown(frame({ iif: 'vnet9', oif: 'eth0' })), unmarked);
  assert.is(frame({ iif: 'vnet9', oif: 'eth0' }).mark, 0);
});

test('a guest without an entry receives as if virt-shaper were not there', () => {
  assert.equal(frame({ iif: 'eth0', oif: 'vnet9' }), { mark: 0, rules: 1, queue: 'direct' });
});

test('both NICs of a guest on one uplink queue in its one class', () => {
  const world = makeWorld(friends, { jason: 'vnet1@br0 vnet0@br0' });
  const expected = {
    out: 'eth0 1:20 30/50 < 1:ffff 1000/1000',
    in: 'ifb-eth0 2:20 30/50 < 2:ffff 1000/1000',
  };
  for (const tap of ['vnet0', 'vnet1']) {
    assert.is(shown(frame({ iif: tap, oif: 'eth0' }, world)), expected.out);
    assert.is(shown(frame({ iif: 'eth0', oif: tap }, world)), expected.in);
  }
});

test('a guest on two uplinks has a class on each, with the values for it', () => {
  const toml = `${friends}[guest.jason.on.eth1]\nrate = "3mbit"\nceil = "5mbit"\n`;
  const world = makeWorld(toml, { jason: 'vnet0@br0 vnet1@br1' }, { eth0: 'br0 1000', eth1: 'br1 100' });
  assert.is(shown(frame({ iif: 'vnet0', oif: 'eth0' }, world)), 'eth0 1:20 30/50 < 1:ffff 1000/1000');
  assert.is(shown(frame({ iif: 'vnet1', oif: 'eth1' }, world)), 'eth1 1:20 3/5 < 1:ffff 100/100');
  assert.is(shown(frame({ iif: 'eth1', oif: 'vnet1' }, world)), 'ifb-eth1 2:20 3/5 < 2:ffff 100/100');
  assert.equal(frame({ iif: 'vnet0', oif: 'vnet1' }, world), { mark: 0, rules: 1, queue: 'direct' });
});

test('a kernel without cls_fw sends the same frames to the ifb', () => {
  const world = makeWorld(friends, guests);
  world.host.kernel = { leaf: 'bfifo', redirect: 'bpf' };
  assert.is(
    shown(frame({ iif: 'eth0', oif: 'vnet3' }, world)),
    'ifb-eth0 2:10 15/40 < 2:f8da 25/60 < 2:ffff 1000/1000',
  );
  assert.equal(frame({ iif: 'vnet4', oif: 'vnet3' }, world), { mark: 0, rules: 1, queue: 'direct' });
});

const [own, nobody, all] = ['52:54:00:00:00:01', '52:54:00:00:00:99', 'ff:ff:ff:ff:ff:ff'];
const addressed = () => makeWorld(friends, { jason: `vnet0@br0/${own}`, rob: 'vnet4@br0' });

test('what is sent to no guest alone is in the class of what is flooded, questions for addresses in none', () => {
  const flooded = 'ifb-eth0 2:ff00 1/100 < 2:ffff 1000/1000';
  const jason = 'ifb-eth0 2:20 30/50 < 2:ffff 1000/1000';
  const received = (frame: Partial<Frame>) =>
    shown(trace(readNetwork(generateFor(addressed()).rules), { iif: 'eth0', oif: 'vnet0', ...frame }));
  assert.is(received({ daddr: own }), jason);
  assert.is(received({ daddr: nobody }), flooded);
  assert.is(received({ daddr: nobody, learned: true }), jason, 'it has sent from there');
  assert.is(received({ daddr: all }), flooded);
  assert.is(received({ daddr: all, asks: 'arp' }), 'direct');
  assert.is(received({ daddr: '33:33:ff:00:00:01', asks: 'nd' }), 'direct');
  // Whose address nobody knows may be sent anything.
  assert.is(
    shown(frame({ iif: 'eth0', oif: 'vnet4', daddr: all }, addressed())),
    'ifb-eth0 2:11 10/60 < 2:f8da 10/60 < 2:ffff 1000/1000',
  );
});

test('through the host: what a guest has it send, and what it hands on to a guest, is the guest’s', () => {
  const host = { in: 'port', out: 'port' } as const;
  const world = addressed();
  assert.is(shown(frame({ iif: 'vnet0', oif: 'eth0', host }, world)), 'eth0 1:20 30/50 < 1:ffff 1000/1000');
  assert.is(
    shown(frame({ iif: 'eth0', oif: 'vnet0', host, daddr: own }, world)),
    'ifb-eth0 2:20 30/50 < 2:ffff 1000/1000',
  );
  // Between two guests, and to the host, it is nobody's.
  assert.is(shown(frame({ iif: 'vnet0', oif: 'vnet4', host }, world)), 'direct');
});

test('behind a router: the same classes, by the mark that a frame got where it came in', () => {
  const world = makeWorld(
    `[uplink.eth0]\nrouted = "virbr0"\n[uplink.wg0]\nrouted = "virbr0"\nceil = "100mbit"\n${friends}`,
    { jason: `vnet0@virbr0/${own}`, cliff: 'vnet3@br0' },
  );
  world.host.devices.set('wg0', { tap: false });
  const bridged = { in: 'port', out: 'port' } as const;
  assert.is(
    shown(frame({ iif: 'vnet0', oif: 'eth0', host: bridged }, world)),
    'eth0 1:20 30/50 < 1:ffff 1000/1000',
  );
  assert.is(
    shown(frame({ iif: 'eth0', oif: 'vnet0', host: bridged, daddr: own }, world)),
    'ifb-eth0 2:20 30/50 < 2:ffff 1000/1000',
  );
  const out = { in: 'port', out: 'device' } as const;
  assert.is(shown(frame({ iif: 'vnet0', oif: 'wg0', host: out }, world)), 'wg0 1:20 30/50 < 1:ffff 100/100');
  const into = { in: 'device', out: 'port', bridge: 'virbr0' } as const;
  assert.is(
    shown(frame({ iif: 'wg0', oif: 'vnet0', host: into, daddr: own }, world)),
    'ifb-wg0 2:20 30/50 < 2:ffff 100/100',
  );
});

test.run();
