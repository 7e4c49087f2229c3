// The measure is measured: a ceiling that tc sets, and nothing else, is read back from what iperf3 says.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { Namespaces } from '../support/netns.ts';
import { unless } from '../support/skip.ts';
import { addAddresses } from './host.ts';
import { type Flow, measure, type Station, steadyRate } from './iperf.ts';
import { mbit, payloadShare, udpLength } from './policy.ts';

test('a rate is cut from the intervals within the steady part', () => {
  const interval = (start: number, end: number, bytes: number) => ({
    sum: { start, end, seconds: end - start, bytes },
  });
  const intervals = [
    interval(0, 0.9, 900),
    interval(0.9, 2, 2200),
    interval(2, 3.1, 2200),
    interval(3.1, 3.5, 0),
  ];
  assert.is(Math.round(steadyRate({ intervals }, { omit: 1, seconds: 2 })), 16_000);
  assert.throws(() => steadyRate({ intervals }, { omit: 5, seconds: 1 }), 'reported nothing');
});

test('the headers of each protocol are counted', () => {
  assert.is(payloadShare('tcp', 4), 1448 / 1514);
  assert.is(payloadShare('tcp', 6), 1428 / 1514);
  assert.is(payloadShare('udp', 4), 1400 / 1442);
  assert.is(payloadShare('udp', 6), 1400 / 1462);
});

const inNamespace = unless(needsNamespace() ?? needsCommand('ip', 'tc', 'iperf3'), test);

inNamespace('a ceiling is read back, by one flow and by two at once', async () => {
  const spaces = new Namespaces();
  try {
    const [from, to] = await twoStations(spaces);
    const ceil = 20 * mbit;
    await limit(from, ceil);
    const tcp: Flow = { from, to, family: 4, protocol: 'tcp' };
    const udp: Flow = { from, to, family: 6, protocol: 'udp', rate: ceil, length: udpLength };
    for (const [flow, times] of [[tcp, 1] as const, [udp, 2] as const]) {
      const flows = Array.from({ length: times }, () => flow);
      const rates = await measure(flows, { omit: 1, seconds: 2 });
      const allowed = ceil * payloadShare(flow.protocol, flow.family);
      const ratio = rates.reduce((sum, rate) => sum + rate, 0) / allowed;
      assert.ok(Math.abs(ratio - 1) < 0.03, `${flow.protocol}: ${ratio} of what the ceiling allows`);
    }
  } finally {
    spaces.remove();
  }
});

inNamespace('a flow that cannot be says why', async () => {
  const spaces = new Namespaces();
  try {
    const [from, to] = await twoStations(spaces);
    await from.space.ip('link set eth0 down');
    const flow: Flow = { from, to, family: 4, protocol: 'tcp' };
    await measure([flow], { omit: 0, seconds: 1 }).then(
      () => assert.unreachable(),
      (error) => assert.match(error.message, 'iperf3, sender: '),
    );
  } finally {
    spaces.remove();
  }
});

async function twoStations(spaces: Namespaces): Promise<[Station, Station]> {
  const stations = ['from', 'to'].map(
    (name, i): Station => ({
      space: spaces.add(name),
      address: { 4: `10.98.0.${i + 1}`, 6: `fd98::${i + 1}` },
    }),
  ) as [Station, Station];
  await stations[0].space.cable('eth0', stations[1].space, 'eth0');
  for (const station of stations) await addAddresses(station, 'eth0');
  return stations;
}

async function limit({ space }: Station, ceil: number): Promise<void> {
  const rates = `rate ${ceil}bit ceil ${ceil}bit burst 20000b cburst 20000b`;
  const commands = [
    'qdisc add dev eth0 root handle 1: htb default 1',
    `class add dev eth0 parent 1: classid 1:1 htb ${rates}`,
    'qdisc add dev eth0 parent 1:1 bfifo limit 90000',
  ];
  await space.run('tc', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
}

test.run();
