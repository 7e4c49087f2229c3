// The three files over random worlds: the same input gives the same bytes, and no name, whatever is in it, is
// more than a comment.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRules } from '../../src/diff/parse-rules.ts';
import { everyday } from '../../src/policy/moment/moment.ts';
import { generateFor, makeWorld } from '../support/world.ts';
import { readNetwork } from '../trace/trace.ts';
import { guestName } from './names.ts';
import { bounded, randomWorld } from './random-world.ts';

test('the same input gives the same bytes', () => {
  fc.assert(
    fc.property(randomWorld(), ({ moment = everyday, ...world }) => {
      const again = { ...structuredClone(world), moment };
      assert.equal(generateFor(again).rules, generateFor({ ...world, moment }).rules);
    }),
    bounded(60),
  );
});

test('whatever devices, guests and configuration come together, a load takes what is rendered', () => {
  fc.assert(
    fc.property(fc.oneof(randomWorld(), randomWorld('refuse')), (world) => {
      assert.ok(parseRules(generateFor(world).rules, 'rules.d').objects);
    }),
    bounded(200),
  );
});

test('the order in which guests started, their NICs and the host’s devices are listed does not matter', () => {
  const reordered = randomWorld('scale').chain((world) =>
    fc.record({
      world: fc.constant(world),
      guests: fc.shuffledSubarray(world.guests, { minLength: world.guests.length }),
      devices: fc.shuffledSubarray([...world.host.devices], { minLength: world.host.devices.size }),
    }),
  );
  fc.assert(
    fc.property(reordered, ({ world, guests, devices }) => {
      const nicsTurned = guests.map((guest) => ({ ...guest, nics: guest.nics.toReversed() }));
      const host = { ...world.host, devices: new Map(devices) };
      assert.equal(generateFor({ ...world, guests: nicsTurned, host }).rules, generateFor(world).rules);
    }),
    bounded(60),
  );
});

const everyGuest = (names: string[]) => {
  const nics = names.map((name, index) => [name, `vnet${index}@br0`] as const);
  return makeWorld('[guest."*"]\nrate = "1mbit"\n', Object.fromEntries(nics));
};
const lines = (text: string) => text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/).length;

test('a name breaks no line: files are as many lines long as with plain names, and mean as much', () => {
  fc.assert(
    fc.property(fc.uniqueArray(guestName, { minLength: 1, maxLength: 4 }), (names) => {
      const { rules } = generateFor(everyGuest(names));
      const plain = generateFor(everyGuest(names.map((_, index) => `g${index}`))).rules;
      for (const file of ['ruleset.nft', 'shape.tc', 'devices.ip'] as const) {
        assert.is(lines(rules[file]), lines(plain[file]), file);
      }
      const { devices, ruleset } = readNetwork(rules);
      assert.is(devices.get('eth0')?.htb?.classes.size, names.length + 2);
      const marks = new Set(names.map((_, index) => ruleset.forward(`vnet${index}`, 'eth0').mark));
      assert.is(marks.size, names.length);
    }),
    bounded(150),
  );
});

test('what a terminal would act on is in no file', () => {
  fc.assert(
    fc.property(guestName, (name) => {
      const text = Object.values(generateFor(everyGuest([name])).rules).join('');
      assert.not.match(text, /(?![\n\t])\p{C}/u);
    }),
    bounded(60),
  );
});

test.run();
