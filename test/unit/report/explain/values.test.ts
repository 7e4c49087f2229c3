// The values of a guest on an uplink: each row with its figure and where it is from, for every way in which one can be written.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { everyday } from '../../../../src/policy/moment/moment.ts';
import { explain } from '../../../../src/report/explain/explain.ts';
import type { Explanation } from '../../../../src/report/explain/explanation.ts';
import { valueLines } from '../../../../src/report/explain/rows.ts';
import { explainText } from '../../../../src/report/explain/text.ts';
import { explainUplink } from '../../../../src/report/explain/values.ts';
import { textOf } from '../../../../src/text/spans.ts';
import { generateFor, makeWorld, noneChosen, templates, type World } from '../../../support/world.ts';

function explained(world: World, name = 'cliff'): Explanation {
  const inputs = { moment: everyday, ...world, chosen: noneChosen, templates, source: 'config.toml' };
  return explain(name, inputs, generateFor(world), { rules: { folder: 'rules.d' }, kernel: 'no kernel' });
}

/** The rows on the first uplink. */
function rows(
  toml: string,
  { name = 'cliff', guests = { cliff: 'vnet0@br0' } as Record<string, string> } = {},
): string[] {
  const lines = explainText(explained(makeWorld(toml, guests), name), '/etc/virt-shaper').map((line) =>
    textOf(line).trimEnd(),
  );
  return lines.slice(lines.findIndex((line) => line.startsWith('On ')));
}

test('a group, sizes that are written, limits inside the host of its own and of its group', () => {
  const toml = `[group.friends]
ceil = "30mbit"
local = "3mbit"
[guest.cliff]
group = "friends"
pps = 5000
storm = 100
rate = "4mbit"
burst = "64k"
`;
  assert.equal(rows(toml), [
    'On eth0 (br0), a link of 1gbit',
    '  group        friends                config.toml:5:9',
    '  rate         4mbit                  config.toml:8:8',
    '  ceil         30mbit                 1gbit is built in, as nothing is written',
    '                                      cut to the ceil of group friends, config.toml:2:8',
    '  burst        65536 B                config.toml:9:9',
    '  cburst       30000 B                computed from the ceil',
    '  quantum      66000 B                computed from the rate',
    '  leaf         fq_codel, target 5 ms  what this kernel has, for this ceil',
    '  local   out  3mbit                  config.toml:3:9, its group',
    '  pps     out  5000 packets/s         config.toml:6:7',
    '  storm   out  100 packets/s          config.toml:7:9',
    '  class   out  1:cc41                 on eth0, below 1:f8da (group friends), by chain out-cc41',
    '          in   2:cc41                 on ifb-eth0, below 2:f8da (group friends), by chain in-cc41',
  ]);
});

test('each direction by itself, what a frame counts, and limits in bits', () => {
  const toml = `[uplink.eth0]
ceil = { out = "50mbit", in = "70mbit" }
overhead = 14
mpu = 64
[guest.cliff]
ceil = { out = "5mbit", in = "7mbit" }
local = "1gbit"
storm = "1mbit"
leaf = "sfq"
`;
  assert.equal(rows(toml), [
    'On eth0 (br0), a link of 50mbit out, 70mbit in',
    '  rate    out  5mbit             100mbit is built in, as nothing is written',
    '                                 cut to its ceil',
    '          in   7mbit             100mbit is built in, as nothing is written',
    '                                 cut to its ceil',
    '  ceil    out  5mbit             config.toml:6:16',
    '          in   7mbit             config.toml:6:30',
    '  burst   out  5000 B            computed from the rate',
    '          in   7000 B            computed from the rate',
    '  cburst  out  5000 B            computed from the ceil',
    '          in   7000 B            computed from the ceil',
    '  quantum      66000 B           computed from the rate',
    '  overhead     14 B              config.toml:3:12, of each frame',
    '  mpu          64 B              config.toml:4:7, the least that a frame counts',
    '  leaf         sfq, 127 packets  config.toml:9:8',
    '  local   out  1gbit             config.toml:7:9',
    '  storm   out  1mbit             config.toml:8:9',
    '  class   out  1:cc41            on eth0, below 1:ffff (the link), by chain out-cc41',
    '          in   2:cc41            on ifb-eth0, below 2:ffff (the link), by chain in-cc41',
  ]);
});

test('what a guest would get that does not run, and a row for what counts where only one of both is written', () => {
  const of = (toml: string) => rows(toml, { guests: { rob: 'vnet0@br0' } });
  const [first, ...rest] = of('[uplink.eth0]\noverhead = 14\n[guest.cliff]\n');
  assert.is(first, 'On eth0 (br0), a link of 1gbit, would be');
  const counting = (lines: string[]) =>
    lines.filter((line) => /^ {2}(overhead|mpu)/.test(line)).map((line) => line.replace(/ +/g, ' '));
  assert.equal(counting(rest), [
    ' overhead 14 B config.toml:2:12, of each frame',
    ' mpu 74 B the least that a frame counts',
  ]);
  assert.equal(counting(of('[uplink.eth0]\nmpu = 64\n[guest.cliff]\n')), [
    ' overhead 0 B of each frame',
    ' mpu 64 B config.toml:2:7, the least that a frame counts',
  ]);
  assert.equal(counting(of('[guest.cliff]\n')), []);
});

test('what was dropped by a limit stands below it, where it is in force', () => {
  const { uplinks, ...rest } = explained(
    makeWorld('[guest.cliff]\nlocal = "3mbit"\npps = 5000\n', { cliff: 'vnet0@br0' }),
  );
  const [uplink] = uplinks;
  if (!uplink) throw new Error('no uplink');
  const limits: Explanation['limits'] = [
    { guest: 'cliff', limit: 'pps', rate: 5000, unit: 'packets', dropped: { packets: 7, bytes: 7000 } },
    { guest: 'cliff', limit: 'local', rate: 3e6, unit: 'bits', dropped: { packets: 0, bytes: 0 } },
  ];
  const text = (more: Partial<Explanation>) =>
    valueLines(uplink, { ...rest, uplinks, ...more }, ({ line }) => `line ${line}`)
      .map((line) => textOf(line).trim().replace(/ +/g, ' '))
      .filter((line) => /local|pps|dropped/.test(line));
  assert.equal(text({ limits }), [
    'local out 3mbit line 2',
    'dropped nothing',
    'pps out 5000 packets/s line 3',
    'dropped 7 packets, 7.00kB',
  ]);
  assert.equal(text({ limits: [] }), ['local out 3mbit line 2', 'pps out 5000 packets/s line 3']);
});

test('the chains of a guest are those of the ways of its NICs, in their order; without a NIC the first', () => {
  const world = makeWorld('[guest.cliff]\n', { cliff: 'vnet0@br0' });
  const { policy, plan } = generateFor(world);
  const [uplink, planned] = [policy.uplinks[0], plan.uplinks[0]];
  const guest = uplink?.guests[0];
  if (!uplink || !planned || !guest) throw new Error('nobody is shaped');
  const tap = guest.taps[0];
  const chains = (...ways: number[]) => {
    const taps = ways.map((way) => ({ ...tap, way })) as typeof guest.taps;
    const { out, in: into } = explainUplink(uplink, planned, { ...guest, taps }, 16);
    return [out.chains, into.chains];
  };
  assert.equal(chains(), [['out-10'], ['in-10']]);
  assert.equal(chains(0), [['out-10'], ['in-10']]);
  const [second] = chains(1);
  assert.is(second?.length, 1);
  assert.not.equal(second, ['out-10']);
  assert.equal(chains(1, 0, 1), [
    ['out-10', ...(second ?? [])],
    ['in-10', ...(chains(1)[1] ?? [])],
  ]);
});

test('a size that is more than the kernel can hold is told with what it became', () => {
  const world = makeWorld('[guest.cliff]\n', { cliff: 'vnet0@br0' });
  const { policy, plan } = generateFor(world);
  const [uplink, planned] = [policy.uplinks[0], plan.uplinks[0]];
  const guest = uplink?.guests[0];
  if (!uplink || !planned || !guest) throw new Error('nobody is shaped');
  const at = { file: 'config.toml', line: 2, column: 1 };
  const burst = (value: number) => {
    const tuning = { ...guest.tuning, burst: { out: { value, at }, in: { value, at } } };
    return explainUplink(uplink, planned, { ...guest, tuning }, 16).out.burst;
  };
  const { value } = burst(1);
  assert.equal(burst(value), { value, from: 'entry', at });
  assert.equal(burst(value + 1), { value, from: 'entry', at, found: value + 1 });
});

test.run();
