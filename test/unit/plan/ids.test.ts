// The ids of guests, groups and of what virt-shaper itself needs. Histories of them are in test/fuzz.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assignIds, type ChosenIds } from '../../../src/plan/ids.ts';
import { noneChosen, readToml } from '../../support/world.ts';

const assign = (toml: string, running: string[], chosen: ChosenIds = noneChosen) =>
  assignIds(readToml(toml), running, chosen);

test('an id depends on the name alone: the same on every host, whoever started first', () => {
  const alone = assign('', ['cliff']).ids.guests.get('cliff');
  assert.is(alone, 0xcc41);
  assert.is(assign('', ['rob', 'jason', 'cliff']).ids.guests.get('cliff'), alone);
});

test('where two names draw the same id, each has one of its own and keeps it', () => {
  // Found by trying: both draw 0x4231.
  const [first, second] = ['g632', 'g1349'];
  const one = assign('', [second]);
  const { ids, chosen } = assign('', [first, second], one.chosen);
  assert.is(assign('', [first]).ids.guests.get(first), one.ids.guests.get(second), 'they draw the same');
  assert.is(ids.guests.get(second), one.ids.guests.get(second));
  assert.is(ids.guests.get(first), (one.ids.guests.get(second) ?? 0) + 1);
  assert.equal(assign('', [first], chosen).ids.guests.get(first), ids.guests.get(first));
});

test('whatever came first, the same names have the same ids: where many draw the same, too', () => {
  const names = Array.from({ length: 5000 }, (_, index) => `g${index}`);
  const drawn = (list: string[]) => [...assign('', list).ids.guests].sort();
  const ids = drawn(names);
  assert.equal(drawn([...names].reverse()), ids);
  assert.equal(drawn(names.map((_, index) => names[(index * 7) % names.length] ?? '')), ids);
  const { g632, g1349 } = Object.fromEntries(ids);
  assert.ok(g632 !== g1349 && [g632, g1349].includes(0x4231), 'both draw 0x4231');
});

test('the last of a range is followed by its first', () => {
  // Fixes all but one of 0x1000..0xefff, whatever the name draws.
  const range = Array.from({ length: 0xf000 - 0x1000 }, (_, index) => 0x1000 + index);
  for (const free of [0x1000, 0x2345, 0xefff]) {
    const full = {
      guests: Object.fromEntries(range.filter((id) => id !== free).map((id) => [`g${id}`, id])),
      groups: {},
    };
    const running = [...Object.keys(full.guests), 'one-more'];
    assert.is(assign('', running, full).ids.guests.get('one-more'), free);
  }
});

test('groups draw from a range of their own', () => {
  const toml = Array.from({ length: 100 }, (_, index) => `[group.g${index}]\nceil = 1000\n`).join('');
  const { ids } = assign(
    toml,
    Array.from({ length: 100 }, (_, index) => `g${index}`),
  );
  assert.ok([...ids.groups.values()].every((id) => id >= 0xf000 && id <= 0xfeff));
  assert.ok([...ids.guests.values()].every((id) => id >= 0x1000 && id <= 0xefff));
  assert.is(new Set(ids.groups.values()).size, 100);
});

test('guests with an entry have an id before they ever run; patterns have none', () => {
  const { ids } = assign('[guest.cliff]\n[guest."web-*"]\n', []);
  assert.equal([...ids.guests.keys()], ['cliff']);
});

test('a chosen id that somebody fixes for another is drawn anew', () => {
  const chosen = { guests: { cliff: 0x2000, rob: 0x2001 }, groups: {} };
  const { ids } = assign('[guest.jason]\nid = 0x2000\n', ['cliff', 'rob', 'jason'], chosen);
  assert.is(ids.guests.get('jason'), 0x2000);
  assert.is(ids.guests.get('cliff'), 0xcc41);
  assert.is(ids.guests.get('rob'), 0x2001);
});

test('link and unmarked have the two highest that nobody has', () => {
  const { link, unmarked } = assign('', ['cliff']).ids;
  assert.equal([link, unmarked], [0xffff, 0xfffe]);
  const fixed = assign('[guest.a]\nid = 0xffff\n[group.g]\nid = 0xfffd\nceil = 1000\n', []).ids;
  assert.equal([fixed.link, fixed.unmarked], [0xfffe, 0xfffc]);
});

test('flooded has the first behind the groups that nobody has', () => {
  assert.is(assign('', []).ids.flooded, 0xff00);
  for (const taken of [1, 2, 3]) {
    const guests = Array.from({ length: taken }, (_none, at) => `[guest.g${at}]\nid = ${0xff00 + at}\n`);
    assert.is(assign(guests.join(''), []).ids.flooded, 0xff00 + taken);
  }
});

test('names that an object has already are names like any other', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const { ids, chosen } = assign('', names);
  assert.is(new Set(names.map((name) => ids.guests.get(name))).size, names.length);
  const kept = assign('', names, JSON.parse(JSON.stringify(chosen)));
  assert.equal(kept.ids.guests, ids.guests);
});

const allIds = Array.from({ length: 0xf000 - 0x1000 }, (_, index) => [`g${index}`, 0x1000 + index] as const);

test('ids of guests long gone are given out again, the oldest first, and never of who runs or has an entry', () => {
  const idle = allIds.map(([name]) => name).reverse();
  const full = { guests: Object.fromEntries(allIds), groups: {}, idle };
  const { ids, chosen } = assign('[guest.g57343]\n', ['one-more', 'g57342'], full);
  assert.is(ids.guests.get('g57343'), 0xefff);
  assert.is(ids.guests.get('g57342'), 0xeffe);
  assert.is(Object.keys(chosen.guests).length, 10_000);
  assert.is(chosen.guests.g0, 0x1000, 'it stopped last');
  assert.not('g57000' in chosen.guests);
  // The order in which they stopped, over many rounds.
  let kept: ChosenIds = noneChosen;
  for (let round = 0; round < 30; round += 1) {
    const running = Array.from({ length: 500 }, (_, index) => `r${round}-${index}`);
    kept = JSON.parse(JSON.stringify(assign('', running, kept).chosen));
    for (const name of running) assert.ok(name in kept.guests);
  }
  assert.is(Object.keys(kept.guests).length, 10_000);
  assert.equal(
    [...new Set(Object.keys(kept.guests).map((name) => Number(name.match(/\d+/)?.[0])))].sort(
      (a, b) => a - b,
    ),
    Array.from({ length: 20 }, (_, index) => index + 10),
  );
});

test('groups that are configured no more give up their ids beyond a thousand', () => {
  const groups = Object.fromEntries(
    Array.from({ length: 3840 }, (_, index) => [`g${index}`, 0xf000 + index]),
  );
  const { ids, chosen } = assign('[group.new]\nceil = 1000\n', [], { guests: {}, groups });
  assert.ok(ids.groups.has('new'));
  assert.is(Object.keys(chosen.groups).length, 1000);
});

test('when all ids are taken it is said, with what to do', () => {
  assert.throws(
    () =>
      assign('', [...allIds.map(([name]) => name), 'one-more'], {
        guests: Object.fromEntries(allIds),
        groups: {},
      }),
    (error: { message: string; hint: string }) =>
      error.message === 'no class id is left: all of 0x1000..0xefff are taken' && /entries/.test(error.hint),
  );
});

test.run();
