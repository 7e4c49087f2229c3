// Whose marks come, go or change: a guest's by its name, and nobody's of what only comes in by an uplink.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Found } from '../../../src/diff/difference.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { kernelWith } from '../../../src/kernel/objects.ts';
import { markChangesOf } from '../../../src/report/mark-changes.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const toml = '[guest.cliff]\nid = 0x1\n[guest.rob]\nid = 0x11\n';
const [cliff, rob] = [{ cliff: 'vnet0@br0' }, { rob: 'vnet1@br0' }];

function rulesFor(guests: Record<string, string>, config = toml) {
  return generateFor(makeWorld(config, guests, { eth0: 'br0 1000' })).rules;
}
type Made = ReturnType<typeof rulesFor>;

function changes(before: Made, after: Made): string[] {
  const [from, to] = [before, after].map((one) => parseRules(one, 'rules.d')) as [Found['to'], Found['to']];
  const found: Found = { list: [], from: kernelWith(from), to };
  return markChangesOf(found).map(({ action, subject }) => `${action} ${subject}`);
}

test('each guest once, by what becomes of its marks', () => {
  const [one, both] = [rulesFor(cliff), rulesFor({ ...cliff, ...rob })];
  assert.equal(changes(one, one), []);
  assert.equal(changes(one, both), ['add guest rob']);
  assert.equal(changes(both, one), ['remove guest rob']);
  assert.equal(changes(one, rulesFor(rob)), ['remove guest cliff', 'add guest rob']);
});

test('of two guests whose ids end alike each is told by its own name', () => {
  const alike = '[guest.cliff]\nid = 0x21\n[guest.rob]\nid = 0x11\n';
  const [one, both] = [rulesFor(cliff, alike), rulesFor({ ...cliff, ...rob }, alike)];
  assert.equal(changes(one, both), ['add guest rob']);
  assert.equal(changes(rulesFor(rob, alike), both), ['add guest cliff']);
});

/** Without the element by which frames are marked that a device takes into the host. */
function unmarked(rules: Made, device: string): Made {
  const ruleset = rules['ruleset.nft'].replace(new RegExp(`^\\s*"${device}" : 0x\\w+,.*\n`, 'm'), '');
  assert.is.not(ruleset, rules['ruleset.nft']);
  return { ...rules, 'ruleset.nft': ruleset };
}

test('the mark of a device is of the guest with that id, also of the lowest; that of an uplink is of no guest', () => {
  const all = rulesFor({ ...cliff, ...rob });
  assert.equal(changes(unmarked(all, 'vnet0'), all), ['add guest cliff']);
  assert.equal(changes(all, unmarked(all, 'vnet1')), ['remove guest rob']);
  assert.equal(changes(unmarked(all, 'eth0'), all), []);
  assert.equal(changes(all, unmarked(all, 'eth0')), []);
});

test.run();
