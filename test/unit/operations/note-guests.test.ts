// Who runs, where what was noted of it is lost: the guests of the rules in force, each with its NICs, each NIC once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../../src/guests/guest.ts';
import { foundGuests, noteGuests, sayFound } from '../../../src/operations/note-guests.ts';
import { writeGuests } from '../../../src/store/guests.ts';
import { inForceText } from '../../../src/store/in-force-plan.ts';
import { planFile } from '../../../src/store/in-force-rules.ts';
import { makeFolder } from '../../../src/system/folders.ts';
import { hear } from '../../support/heard.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-note-guests-'));
  makeFolder(dirname(paths().guests));
});
test.after.each(() => rmSync(root, { recursive: true }));

const paths = () => hear(root).context.paths;

/** A device that every host has, so that its guest may run. */
const tap = 'lo';
const guest = (name: string, ...taps: string[]): Guest => ({
  name,
  driver: 'qemu',
  nics: taps.map((one) => ({ tap: one, bridge: 'br0' })),
});

function load(nics: string): void {
  const world = makeWorld(
    '[uplink.eth0]\nbridge = "br0"\n[uplink.eth1]\nbridge = "br0"\n[guest.cliff]\nrate = "1mbit"\n',
    { cliff: nics },
    { eth0: 'br0 1000', eth1: 'br0 1000' },
  );
  const good = join(paths().rules, 'good');
  makeFolder(good);
  writeFileSync(join(good, planFile), inForceText(generateFor(world)));
}

test('a NIC behind two uplinks is one, and keeps its address', () => {
  load(`${tap}@br0/52:54:00:00:00:01 vnet1@br0`);
  writeFileSync(paths().guests, '{');
  const { context, warned } = hear(root);
  const { after } = foundGuests(context);
  assert.equal(after, [
    {
      name: 'cliff',
      driver: 'qemu',
      nics: [
        { tap, bridge: 'br0', mac: '52:54:00:00:00:01' },
        { tap: 'vnet1', bridge: 'br0' },
      ],
    },
  ]);
  assert.match(warned[0] ?? '', 'guests.json');
  assert.is(warned[1], 'warning: what is in force and what libvirt says counts in its place');
});

test('where nothing was loaded either, nobody runs', () => {
  writeFileSync(paths().guests, '{');
  assert.equal(foundGuests(hear(root).context).after, []);
});

test('what is found is not noted, and what is noted is said to have changed or not', async () => {
  const [cliff, gone] = [guest('cliff', tap), guest('gone', 'no-such-tap')];
  writeGuests(paths().guests, [cliff, gone]);
  const { context, warned } = hear(root);
  for (const _ of [1, 2]) {
    const { before, after, changed } = foundGuests(context);
    assert.equal([before, after, changed], [[cliff, gone], [cliff], true]);
  }
  assert.is((await noteGuests(context, () => [cliff])).changed, true);
  assert.is((await noteGuests(context, () => [cliff])).changed, false);
  assert.is(foundGuests(context).changed, false);
  assert.equal(warned, []);
});

test('who came and who went, each by its name, and nothing where nobody did', () => {
  const said = (before: Guest[], after: Guest[]) => {
    const heard = hear(root);
    sayFound(heard.context, { before, after, changed: true });
    return heard.said;
  };
  const [a, b, c] = [guest('a', tap), guest('b\n', tap), guest('c', tap)];
  assert.equal(said([a], [a]), []);
  assert.equal(said([a], [a, b, c]), ['found running: "b\\n", c']);
  assert.equal(said([a, b], []), ['no longer running, or without a tap: a, "b\\n"']);
  assert.equal(said([a], [c]), ['found running: c', 'no longer running, or without a tap: a']);
});

test.run();
