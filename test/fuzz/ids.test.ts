// Ids over random histories: guests start, stop and start again, the administrator fixes and frees ids. Who has
// an id keeps it, unless somebody fixed that very one for another.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assignIds, type ChosenIds } from '../../src/plan/ids.ts';
import { amount } from '../support/amount.ts';
import { noneChosen, readToml } from '../support/world.ts';

const names = ['cliff', 'rob', 'jason', '__proto__', '17', 'Jörg', 'a b'];
const id = fc.oneof(
  fc.constantFrom(1, 2, 0x333, 0xfffe, 0xffff),
  // Ids that the names would draw, so that fixing one takes it away.
  fc.constantFrom(0xcc41, 0x7904, 0x3530),
  fc.integer({ min: 1, max: 0xffff }),
);
const step = fc.record({
  running: fc.subarray(names),
  fixed: fc.uniqueArray(fc.tuple(fc.constantFrom(...names, 'group', 'unmarked'), id), {
    maxLength: 4,
    selector: ([name]) => name,
  }),
});

interface Ids {
  owners: Map<string, number>;
  fixed: Map<string, number>;
}

/** Each step's ids of all who have one; steps that fix one id twice are left out, as the configuration check does. */
function history(steps: { running: string[]; fixed: [string, number][] }[]): Ids[] {
  let chosen: ChosenIds = noneChosen;
  return steps.flatMap((of) => {
    const fixed = new Map(of.fixed);
    if (new Set(fixed.values()).size < fixed.size) return [];
    const result = assignIds(readToml(tomlOf(fixed)), of.running, chosen);
    chosen = JSON.parse(JSON.stringify(result.chosen));
    const { guests, groups, link, unmarked } = result.ids;
    const owners = new Map([...guests, ...[...groups].map(([, number]) => ['group', number] as const)]);
    for (const name of of.running) assert.ok(guests.has(name), `${name} has no id`);
    assert.not(
      [...owners.values(), fixed.get('unmarked')].some((number) => number === link || number === unmarked),
    );
    assert.is.not(link, unmarked);
    return { owners, fixed };
  });
}

function tomlOf(fixed: Map<string, number>): string {
  const line = (name: string) => (fixed.has(name) ? `id = ${fixed.get(name)}\n` : '');
  const guests = names.filter((name) => fixed.has(name)).map((name) => `[guest."${name}"]\n${line(name)}`);
  return `[uplink.eth0.unmarked]\n${line('unmarked')}[group.group]\nceil = 1000\n${line('group')}${guests.join('')}`;
}

const histories = fc.array(step, { minLength: 2, maxLength: 5 });

test('at any time no two have the same id, and each is a class minor', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      for (const { owners, fixed } of history(steps)) {
        const unmarked = fixed.get('unmarked');
        const all = [...owners.values(), ...(unmarked === undefined ? [] : [unmarked])];
        assert.is(new Set(all).size, all.length, [...owners].join(' '));
        assert.ok(all.every((number) => number >= 1 && number <= 0xffff));
      }
    }),
    { numRuns: amount(300) },
  );
});

test('a fixed id is that id', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      for (const { owners, fixed } of history(steps)) {
        for (const [name, number] of fixed)
          if (name !== 'unmarked') assert.is(owners.get(name), number, name);
      }
    }),
    { numRuns: amount(200) },
  );
});

test('an id that was chosen stays, whoever else starts, stops or gets one fixed', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const kept = new Map<string, number>();
      for (const { owners, fixed } of history(steps)) {
        const taken = new Set(fixed.values());
        for (const name of fixed.keys()) kept.delete(name);
        for (const [name, number] of kept) if (taken.has(number)) kept.delete(name);
        for (const [name, number] of kept) assert.is(owners.get(name), number, name);
        for (const [name, number] of owners) if (!fixed.has(name)) kept.set(name, number);
      }
    }),
    { numRuns: amount(300) },
  );
});

test.run();
