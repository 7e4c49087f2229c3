// What is made of the guests that come and go (part/generate-part.ts) is, put into what was made before, what is made for
// all guests: byte for byte, in each file, whoever comes, goes or is another one now. Where it is not certain nothing is
// made, which is no fault, but not the rule.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../src/guests/guest.ts';
import type { Device } from '../../src/host/host.ts';
import { basisLines, basisOf } from '../../src/part/basis.ts';
import { generatePart } from '../../src/part/generate-part.ts';
import { splice } from '../../src/part/splice.ts';
import { generate, type Inputs } from '../../src/pipeline.ts';
import { everyday } from '../../src/policy/moment/moment.ts';
import { inForceText } from '../../src/store/in-force-plan.ts';
import { makeWorld, noneChosen, readToml, templates, type World } from '../support/world.ts';
import { guestName } from './names.ts';
import { bounded, randomWorld } from './random-world.ts';

/** When nobody has an id yet, and when all have theirs, of whom some are idle. @returns whether a part was enough */
function holds(world: World, former: Guest[], present: Guest[]): boolean {
  const { config, guests, host, moment = everyday } = world;
  const all = generate({ config, guests, host, moment, chosen: noneChosen, templates, source: 'a test' });
  const isEnough = [noneChosen, all.chosen].map((known) => holdsFrom(world, former, present, known));
  return isEnough.every(Boolean);
}

function holdsFrom(world: World, former: Guest[], present: Guest[], known: Inputs['chosen']): boolean {
  const inputsFor = (guests: Guest[], chosen: Inputs['chosen']): Inputs => {
    const taps = new Set(guests.flatMap(({ nics }) => nics.map(({ tap }) => tap)));
    const all = new Set([...former, ...present].flatMap(({ nics }) => nics.map(({ tap }) => tap)));
    const devices = new Map([...world.host.devices].filter(([name]) => taps.has(name) || !all.has(name)));
    const { config, moment = everyday } = world;
    return { config, guests, host: { ...world.host, devices }, moment, chosen, templates, source: 'a test' };
  };
  const first = inputsFor(former, known);
  const before = generate(first);
  const [lines, basis] = [basisLines(first), basisOf(before)];
  if (!lines || !basis) return false;
  const inputs = inputsFor(present, before.chosen);
  const part = generatePart({ lines, basis, rules: before.rules }, inputs);
  if (!part) return false;
  const whole = generate(inputs);
  assert.equal(part.rules, whole.rules);
  assert.equal(part.chosen, whole.chosen);
  assert.is(JSON.stringify(part.chosen), JSON.stringify(whole.chosen), 'in the same order');
  assert.equal(part.basis, basisOf(whole));
  assert.equal(part.lines, basisLines(inputs));
  const plan = splice(inForceText(before), inForceText(part.before), inForceText(part.now));
  assert.is(plan ?? inForceText(whole), inForceText(whole));
  return plan !== undefined;
}

/** Who is there before and after, of all guests of a world. */
function comings(guests: Guest[], absent = guests.length) {
  return fc.record({
    former: fc.subarray(guests, { minLength: guests.length - absent }),
    later: fc.uniqueArray(fc.nat(Math.max(0, guests.length - 1)), { minLength: 1, maxLength: 3 }),
  });
}

/** Those that were there, but for the ones that turn: who was not there comes last. */
function turned(guests: Guest[], former: Guest[], later: number[]): Guest[] {
  const turning = later.flatMap((index) => guests[index] ?? []);
  return [
    ...former.filter((guest) => !turning.includes(guest)),
    ...turning.filter((guest) => !former.includes(guest)),
  ];
}

test('over random worlds', () => {
  const changing = (rule: 'scale' | 'refuse') =>
    randomWorld(rule).chain((world) => fc.record({ world: fc.constant(world), who: comings(world.guests) }));
  fc.assert(
    fc.property(fc.oneof(changing('scale'), changing('refuse')), ({ world, who }) => {
      holds(world, who.former, turned(world.guests, who.former, who.later));
    }),
    bounded(150),
  );
});

const group = fc.constantFrom('', '', 'blue', 'green', 'red');
const host = fc.record({
  guests: fc.uniqueArray(
    fc.record({
      name: fc.oneof(
        guestName,
        fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'.split('').map((one) => `vm-${one}`)),
      ),
      nics: fc.array(
        fc.record({ bridge: fc.constantFrom('br0', 'br0', 'br0', 'br0', 'br0', 'br1'), mac: fc.boolean() }),
        {
          minLength: 1,
          maxLength: 2,
        },
      ),
      group,
    }),
    { minLength: 12, maxLength: 24, selector: ({ name }) => name },
  ),
  limited: fc.constantFrom('', 'pps = 1000\n', 'local = "1gbit"\nstorm = "1mbit"\n'),
  /** How much of the guarantees of all guests the link has: who comes may be one too many. */
  room: fc.constantFrom(0.9, 0.97, 1.05, 2, 2),
  entries: fc.boolean(),
});

test('over hosts of many guests, where a part mostly is enough', () => {
  const sizes = { enough: 0, all: 0 };
  const changing = host.chain((of) => {
    const named = of.guests.filter(({ name }) => /^[\w-]+$/.test(name));
    const entries = named.map(({ name, group: own }) =>
      of.entries || own !== ''
        ? `[guest.${JSON.stringify(name)}]\nceil = "15mbit"\n${own === '' ? '' : `group = "${own}"\n`}`
        : '',
    );
    const toml = [
      `[defaults]\nrate = "10mbit"\nceil = "20mbit"\nunlisted = "shape"\n${of.limited}`,
      `[uplink.eth0]\nceil = "${Math.ceil(10 * of.guests.length * of.room)}mbit"\n[uplink.eth1]\nceil = "1gbit"\n`,
      ...['blue', 'green', 'red'].map((name) => `[group.${name}]\nceil = "50mbit"\n`),
      ...entries,
    ].join('\n');
    let tap = 0;
    const guests = of.guests.map(
      ({ name, nics }): Guest => ({
        name,
        driver: 'qemu',
        nics: nics.map(({ bridge, mac }) => {
          tap += 7;
          const address = `52:54:00:00:00:${(tap % 256).toString(16).padStart(2, '0')}`;
          return { tap: `vnet${tap % 64}x${tap}`, bridge, ...(mac ? { mac: address } : {}) };
        }),
      }),
    );
    const devices = new Map<string, Device>([
      ['br0', { tap: false }],
      ['br1', { tap: false }],
      ['eth0', { tap: false, master: 'br0', physical: true }],
      ['eth1', { tap: false, master: 'br1', physical: true }],
      ...guests.flatMap(({ nics }) =>
        nics.map(({ tap: name, bridge = '' }) => [name, { tap: true, master: bridge }] as const),
      ),
    ]);
    const world: World = {
      config: readToml(toml),
      guests,
      host: { devices, kernel: { leaf: 'fq_codel', redirect: 'fw', lacking: [] } },
    };
    return fc.record({ world: fc.constant(world), who: comings(guests, 4) });
  });
  fc.assert(
    fc.property(changing, ({ world, who }) => {
      sizes.all += 1;
      if (holds(world, who.former, turned(world.guests, who.former, who.later))) sizes.enough += 1;
    }),
    bounded(200),
  );
  assert.ok(4 * sizes.enough > sizes.all, `a part was enough for ${sizes.enough} of ${sizes.all}`);
});

/** Sixty guests that are guaranteed 10 mbit each, of whom the last comes. */
function sixty(mbit: number, toml = '', bridgeOf = (_index: number) => 'br0'): boolean {
  const nics = Array.from(
    { length: 60 },
    (_, index) => [`vm-${index}`, `vnet${index}@${bridgeOf(index)}`] as const,
  );
  const config = `[uplink.eth0]\nceil = "${mbit}mbit"\n[guest."*"]\nrate = "10mbit"\nceil = "20mbit"\n${toml}`;
  const world = makeWorld(config, Object.fromEntries(nics), { eth0: 'br0 1000', eth1: 'br1 1000' });
  return holds(world, world.guests.slice(0, -1), world.guests);
}

test('one guarantee too many changes those of all others, so all is made', () => {
  assert.is(sixty(700), true);
  assert.is(sixty(600), false, 'of 600 mbit the guests have 594');
});

test('the lines of who comes stand beside those of its own uplink, however many others are called between', () => {
  assert.is(
    sixty(700, '', (index) => (index % 10 === 9 ? 'br1' : 'br0')),
    true,
  );
  assert.is(
    sixty(700, '', (index) => (index % 10 === 9 ? 'br0' : 'br1')),
    true,
  );
});

test('where values change as time passes, or the guest has an id of its own, all is made', () => {
  assert.is(sixty(700, '[group.day]\nceil = "1gbit"\n'), true);
  assert.is(
    sixty(700, '[[guest.vm-3.when]]\ntime = ["mon..fri 08:00-18:00", "sat 10:00-14:00"]\nceil = "15mbit"\n'),
    false,
  );
  assert.is(sixty(700, '[guest.vm-59]\nid = 5\n'), false);
});

test.run();
