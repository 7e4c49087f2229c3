// When the lines of a few guests are enough, and when all are rendered: what a part is made of is byte for byte what all would be
// (test/fuzz/part.test.ts), so this is about time only, which a host with a thousand guests has none of.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../../src/guests/guest.ts';
import type { Device } from '../../../src/host/host.ts';
import { basisLines, basisOf } from '../../../src/part/basis.ts';
import { generatePart, type Part } from '../../../src/part/generate-part.ts';
import { generate, type Inputs } from '../../../src/pipeline.ts';
import { everyday, type Moment } from '../../../src/policy/moment/moment.ts';
import { makeWorld, noneChosen, readToml, templates } from '../../support/world.ts';

const names = Array.from({ length: 130 }, (_none, at) => `g${String(at).padStart(3, '0')}`);
const everybody =
  '[uplink.eth0]\nceil = "100gbit"\n[group.web]\nceil = "10gbit"\n[guest."g*"]\nrate = "1mbit"\n[guest.g090]\ngroup = "web"\n';
const world = makeWorld(everybody, Object.fromEntries(names.map((name, at) => [name, `vnet${at}@br0`])));
const guestOf = (name: string) => world.guests.find((guest) => guest.name === name) as Guest;

interface Change {
  toml?: string;
  /** More devices, before and after; of those that are there, others. */
  formerly?: [string, Device][];
  devices?: [string, Device][];
  /** Another order in which the others are listed. */
  turned?: boolean;
  moment?: Moment;
}

/** Of a host on which these came and those left. */
function partOf(
  came: string[],
  left: string[],
  { toml = everybody, formerly = [], devices = [], turned = false, moment = everyday }: Change = {},
): Part | undefined {
  const inputsFor = (guests: Guest[], more: [string, Device][], chosen: Inputs['chosen']): Inputs => {
    const taps = new Set(guests.flatMap(({ nics }) => nics.map(({ tap }) => tap)));
    const there = [...world.host.devices].filter(([name, { tap }]) => !tap || taps.has(name));
    const host = { ...world.host, devices: new Map([...there, ...more]) };
    return { config: readToml(toml), guests, host, moment, chosen, templates, source: 'a test' };
  };
  const stays = world.guests.filter(({ name }) => !came.includes(name) && !left.includes(name));
  const first = inputsFor([...stays, ...left.map(guestOf)], formerly, noneChosen);
  const before = generate(first);
  const [lines, basis] = [basisLines(first), basisOf(before)];
  if (!lines || !basis) return undefined;
  const later = turned ? stays.toReversed() : stays;
  return generatePart(
    { lines, basis, rules: before.rules },
    inputsFor([...later, ...came.map(guestOf)], devices, before.chosen),
  );
}

const many = (count: number) => names.slice(0, count);
const dummy: Device = { tap: false };

test('for a guest or some dozens that come or go a part is enough, and has few others in it', () => {
  for (const [came, left] of [
    [['g000'], []],
    [[], ['g000']],
    [['g129'], []],
    [['g090'], []],
    [[], ['g090']],
    [['g077'], ['g078']],
    [many(20), ['g090', 'g129']],
  ] as const) {
    const part = partOf([...came], [...left]);
    assert.ok(part, `${came} came, ${left} left`);
    const others = part.now.policy.uplinks
      .flatMap(({ guests }) => guests.map(({ name }) => name))
      .filter((name) => !came.includes(name as never));
    assert.ok(others.length <= 12 + 4 * came.length, `${others.length} others`);
    assert.ok(others.length > 0, 'its lines stand beside those of others');
  }
});

test('those beside it by name and by tap are in it, on whatever list they stand', () => {
  const ungrouped = everybody.replace(/\[group\.web\]\n.*\n/, '').replace(/\[guest\.g090\][^[]*/, '');
  for (const toml of [ungrouped, everybody])
    for (const name of ['g000', 'g001', 'g010', 'g100', 'g128', 'g129']) {
      assert.ok(partOf([name], [], { toml }), `${name} came`);
      assert.ok(partOf([], [name], { toml }), `${name} left`);
    }
});

test('of more than that all are rendered', () => {
  assert.ok(partOf([], many(64)));
  assert.ok(partOf(many(65), []) === undefined);
  assert.ok(partOf([], many(65)) === undefined);
  assert.ok(partOf(names.slice(80, 113), many(32)) === undefined, 'both together');
});

test('where nobody came or went, and where the others are listed otherwise, nothing is certain', () => {
  assert.ok(partOf([], []) === undefined);
  assert.ok(partOf(['g000'], [], { turned: true }) === undefined);
});

test('devices that no line depends on may come and go beside them, others not', () => {
  const came = ['g077'];
  for (const device of [
    ['vnet900', { tap: true, master: 'br0' }],
    ['docker0', dummy],
    ['tun5', { tap: true }],
  ] as [string, Device][]) {
    assert.ok(partOf(came, [], { devices: [device] }), `${device[0]} came`);
    assert.ok(partOf(came, [], { formerly: [device] }), `${device[0]} went`);
  }
  for (const [device, toml] of [
    [['veth7', { tap: false, master: 'br0' }]],
    [['eth7', { tap: false, physical: true }]],
    [['eth0.5', { tap: false, lower: ['eth0'] }]],
    [['virbr3', dummy], `${everybody.replace('[group.web]', 'routed = ["virbr3"]\n[group.web]')}`],
    [['br7', dummy], `${everybody}[uplink.eth9]\nbridge = "br7"\nceil = "1gbit"\n`],
  ] as [[string, Device], string?][]) {
    const more = toml === undefined ? {} : { toml };
    assert.ok(partOf(came, [], { ...more, devices: [device] }) === undefined, `${device[0]} came`);
    assert.ok(partOf(came, [], { ...more, formerly: [device] }) === undefined, `${device[0]} went`);
  }
});

test('where the tap or the bridge of a guest that stays is another device now, all are rendered', () => {
  const came = ['g077'];
  assert.ok(partOf(came, [], { devices: [['vnet12', { master: 'br0', tap: true }]] }), 'it is as it was');
  for (const device of [
    ['vnet12', { tap: true, master: 'br7' }],
    ['vnet12', { tap: false, master: 'br0' }],
    ['br0', { tap: false, mtu: 9000 }],
  ] as [string, Device][])
    assert.ok(partOf(came, [], { devices: [device] }) === undefined, JSON.stringify(device));
});

test('a tap that is more than a tap, or has something on top of it, may concern others, whosever it is', () => {
  const came = ['g077'];
  for (const tap of ['vnet12', 'vnet77']) {
    const made = (more: Partial<Device>) => {
      const devices: [string, Device][] = [[tap, { tap: true, master: 'br0', ...more }]];
      return partOf(came, [], { devices, formerly: tap === 'vnet77' ? [] : devices });
    };
    assert.ok(made({}), tap);
    for (const more of [{ lower: ['eth7'] }, { physical: true }, { peer: 'veth7' }])
      assert.ok(made(more) === undefined, `${tap} ${JSON.stringify(more)}`);
    const vlan: [string, Device] = [`${tap}.5`, { tap: false, lower: [tap] }];
    const devices = { devices: [vlan], formerly: [vlan] };
    assert.ok(partOf(came, [], devices) === undefined, `a VLAN on ${tap}`);
  }
});

test('guarantees that a group has no room for, for now, are scaled without a warning: those of its members alone', () => {
  const toml = `${everybody}[group.full]\nceil = "20mbit"\n${['g010', 'g020']
    .map((name) => `[guest.${name}]\ngroup = "full"\nrate = "6mbit"\nceil = "9mbit"\n`)
    .join('')}`;
  const ceil = { out: 1e7, in: 1e7 };
  const limit = { kind: 'group' as const, name: 'full', ceil, since: 1, until: 9, by: 'a test' };
  const moment = { now: 5, overrides: [limit] };
  assert.ok(partOf(['g077'], [], { toml, moment }));
  const part = partOf(['g020'], [], { toml, moment });
  const rates = part?.now.policy.uplinks[0]?.guests
    .filter(({ group }) => group === 'full')
    .map(({ rate }) => rate.out.effective);
  assert.equal(rates, [5e6, 5e6]);
});

test('a guest whose tap is more than that, and one whose id is written, concern others', () => {
  const router = `${everybody}[uplink.vnet77]\nceil = "1gbit"\n`;
  assert.ok(partOf(['g077'], [], { toml: router }) === undefined);
  assert.ok(partOf(['g076'], [], { toml: router }));
  const fixed = `${everybody}[guest.g077]\nid = 0x77\nrate = "1mbit"\n`;
  assert.ok(partOf(['g077'], [], { toml: fixed }) === undefined);
  assert.ok(partOf(['g076'], [], { toml: fixed }));
});

test('values that change by themselves, and guarantees that do not fit, are those of all', () => {
  for (const toml of [
    `${everybody}[guest.g001]\nrate = "1mbit"\nwhen = [{ time = "mon..sun", ceil = "5mbit" }]\n`,
    `${everybody}[guest.g001]\nrate = "1mbit"\nboost = { ceil = "5mbit", volume = "1gb" }\n`,
    `${everybody}[guest.g001]\nrate = "1mbit"\nquota = { volume = "1gb", then = { ceil = "5mbit" } }\n`,
    everybody.replace('"100gbit"', '"150mbit"'),
  ])
    assert.ok(partOf(['g077'], [], { toml }) === undefined, toml);
});

test('where the guarantees just fill what the link has for guests a part is enough; one byte more, and it is not', () => {
  // Of 14 mbit one is kept for what belongs to no guest.
  const filled = (kilobits: number) =>
    `[uplink.eth0]\nceil = "14mbit"\n[guest."g*"]\nrate = "100kbit"\n[guest.g090]\nrate = "${kilobits}kbit"\n`;
  assert.ok(partOf(['g090'], [], { toml: filled(100) }));
  assert.ok(partOf(['g090'], [], { toml: filled(100.008) }) === undefined);
});

test.run();
