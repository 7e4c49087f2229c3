// The trees of shape.tc, read by the tracer, over random policies: what HTB needs for every ceiling to hold.
// It lets a class send at its own rate whatever its parents say, so rates must fit at every node.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFor } from '../support/world.ts';
import { type Device, type HtbClass, readShape } from '../trace/tc.ts';
import { bounded, randomWorld } from './random-world.ts';

/** tc knows no rate below 8 bit/s, so each guest has that much even where there is no room for it. */
const least = 8;

const leaves = (of: HtbClass): number =>
  of.children.reduce((sum, child) => sum + leaves(child), of.children.length === 0 ? 1 : 0);

function check(oversubscribed: 'scale' | 'refuse', property: (device: Device, name: string) => void): void {
  fc.assert(
    fc.property(randomWorld(oversubscribed), (world) => {
      for (const [name, device] of readShape(generateFor(world).rules['shape.tc'])) property(device, name);
    }),
    bounded(100),
  );
}

const classes = ({ htb }: Device) => [...(htb?.classes.values() ?? [])];

for (const oversubscribed of ['scale', 'refuse'] as const) {
  test(`${oversubscribed}: the rates below a class sum to no more than its rate, nor that to more than its ceil`, () => {
    check(oversubscribed, (device) => {
      for (const parent of classes(device)) {
        const sum = parent.children.reduce((total, { rate }) => total + rate, 0);
        const forced = parent.children.length === 0 ? 0 : least * leaves(parent);
        assert.ok(sum <= parent.rate + forced, `${parent.id}: ${sum} in a rate of ${parent.rate}`);
        assert.ok(
          parent.rate <= parent.ceil + forced,
          `${parent.id}: ${parent.rate} in a ceil of ${parent.ceil}`,
        );
      }
    });
  });
}

test('no class has a ceil above its parent’s', () => {
  check('scale', (device) => {
    for (const { id, ceil, parent } of classes(device)) {
      assert.ok(ceil <= (parent?.ceil ?? ceil), `${id}: ${ceil} below ${parent?.ceil}`);
    }
  });
});

test('each tree has one link, as wide as its ceil, and a default class that is a leaf', () => {
  check('scale', ({ htb }) => {
    if (!htb) return;
    const links = [...htb.classes.values()].filter(({ parent }) => !parent);
    assert.is(links.length, 1);
    assert.is(links[0]?.rate, links[0]?.ceil);
    assert.ok(htb.classes.get(`${htb.major}:${htb.default}`)?.leaf);
  });
});

test('every leaf has a qdisc, whose handle is none of the roots’ and not clsact’s', () => {
  check('scale', (device) => {
    for (const { id, children, leaf } of classes(device)) {
      assert.is(leaf === undefined, children.length > 0, id);
      assert.not(['1', '2', 'ffff'].includes(leaf ?? ''), `${id} has the handle ${leaf}:`);
    }
  });
});

test.run();
