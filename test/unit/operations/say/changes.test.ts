// What whoever loads is told of a change: once, also where the load has to be tried again; a first load in a screenful.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../../src/diff/compare.ts';
import type { Found } from '../../../../src/diff/difference.ts';
import { parseRules } from '../../../../src/diff/parse-rules.ts';
import { emptyState, kernelWith } from '../../../../src/kernel/objects.ts';
import type { Context } from '../../../../src/operations/context.ts';
import { tell } from '../../../../src/operations/say/changes.ts';
import { generateFor, makeWorld } from '../../../support/world.ts';

/** What a first load of so many guests changes. */
function first(count: number): Found {
  const guests = Array.from({ length: count }, (_, index) => [`g${index}`, `vnet${index}@br0`]);
  const world = makeWorld('[guest."g*"]\nrate = "1mbit"\nceil = "2mbit"\n', Object.fromEntries(guests));
  const to = parseRules(generateFor(world).rules, 'rules.d');
  const from = kernelWith(emptyState());
  return { list: compare(from, to), from, to };
}

function heard(founds: Found[], verbose = false) {
  const [said, detail]: string[][] = [[], []];
  const context = {
    verbose,
    say: (text: string) => said?.push(text),
    detail: (text: string) => detail?.push(text),
  } as unknown as Context;
  const telling = tell(context, 'nothing to do');
  assert.is(telling.nothing, 'nothing to do');
  assert.is(telling.summary(), '');
  for (const found of founds) telling.announce(found);
  return { said: said ?? [], detail: detail ?? [], summary: telling.summary() };
}

test('a load that is tried again says what is new, and sums up what it did in the end', () => {
  const [one, two] = [first(1), first(2)];
  const once = heard([one]).said;
  assert.ok(once.some((line) => line.startsWith('+ g0: ')));
  assert.equal(heard([one, one]).said, once);
  const more = heard([one, two]);
  assert.is(more.said.filter((line) => line.startsWith('+ g0: ')).length, 1);
  const second = more.said.findIndex((line) => line.startsWith('+ g1: '));
  assert.ok(second > 0);
  assert.ok(more.said.slice(once.length, second).includes('instead, since the kernel refused a line:'));
  assert.is(more.summary, heard([two]).summary);
});

test('more than twenty lines are not shown, but counted; with --verbose all are, and those of tc', () => {
  const all = heard([first(40)], true);
  assert.ok(all.said.length > 40);
  assert.ok(all.detail.join('\n').split('\n').length > 100, 'each object has its line');
  const few = heard([first(40)]);
  assert.is(few.said.length, 20);
  assert.is(few.said.at(-1), `and ${all.said.length - 19} more: --verbose shows them`);
  assert.equal(few.detail, []);
  // As many as there is room for.
  const exact = first(20 - heard([first(1)]).said.length + 1);
  assert.is(heard([exact]).said.length, 20);
  assert.not.match(heard([exact]).said.at(-1) ?? '', 'more');
});

test.run();
