// What each row of the scene is made of: of guests, groups, what belongs to nobody, and the flooded frames of an uplink.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { InUse } from '../../../src/observe/read-in-use.ts';
import { makeScene } from '../../../src/top/make-scene.ts';
import { makeInUse, someAllowances } from '../../support/in-use.ts';

const inUse = makeInUse([{ name: 'cliff', group: 'friends' }, { name: 'jason' }]);
const scene = (change: Partial<InUse> = {}, host = 'kvm1', at = 5) =>
  makeScene({ ...inUse, ...change }, undefined, host, at);
const flow = { rate: 10e6, ceil: 30e6, now: 1e6, backlog: 3000 };
const both = { out: flow, in: flow };
const known = (rows: object[]) => JSON.parse(JSON.stringify(rows));

test('a row for each guest, group and what belongs to nobody, with what is known of it', () => {
  const { rows, links, at, host, note, trouble } = scene();
  assert.equal([at, host, note, trouble], [5, 'kvm1', undefined, undefined]);
  const shaped = { state: 'shaped', shaped: { out: true, in: true }, faults: [] };
  assert.equal(known(rows), [
    { kind: 'guest', name: 'cliff', group: 'friends', uplink: 'eth0', flow: both, ...shaped },
    { kind: 'guest', name: 'jason', uplink: 'eth0', flow: both, ...shaped },
    { kind: 'group', name: 'friends', uplink: 'eth0', flow: both },
    { kind: 'unmarked', name: 'unmarked', uplink: 'eth0', flow: both },
  ]);
  assert.equal(known(links), [{ name: 'eth0', flow: both }]);
  assert.is(scene({}, 'a\u001b[2J').host.includes('\u001b'), false);
});

test('flooded frames have a row where they have a class, and only in one direction', () => {
  const [uplink] = inUse.uplinks;
  if (!uplink) throw new Error('no uplink');
  const { out, in: into } = uplink.trees;
  const uplinks = [{ ...uplink, trees: { out, in: { ...into, flooded: into.unmarked } } }];
  assert.equal(known(scene({ uplinks }).rows).slice(4), [
    { kind: 'flooded', name: 'flooded', uplink: 'eth0', flow: { out: {}, in: flow } },
  ]);
});

test('a group is shown where it has a class in both directions', () => {
  const [uplink] = inUse.uplinks;
  if (!uplink) throw new Error('no uplink');
  const { out, in: into } = uplink.trees;
  const uplinks = [{ ...uplink, trees: { out, in: { ...into, groups: [] } } }];
  assert.not.ok(scene({ uplinks }).rows.some(({ kind }) => kind === 'group'));
});

test('the note of a guest has all that is wrong; without an uplink the NIC is named', () => {
  const fault = (reason: string) => ({ kind: 'filter' as never, directions: ['in' as const], reason });
  const [cliff] = inUse.guests;
  if (!cliff) throw new Error('no guest');
  const note = (change: object) => scene({ guests: [{ ...cliff, ...change }] }).rows[0]?.note;
  assert.is(note({}), undefined);
  assert.is(note({ faults: [fault('one')] }), 'one');
  assert.is(note({ faults: [fault('one'), fault('two')] }), 'one; two');
  assert.is(note({ faults: [fault('a\u001bb')] })?.includes('\u001b'), false);
  const { uplink: _uplink, out: _out, in: _in, ...lost } = cliff;
  const of = (change: object) => scene({ guests: [{ ...lost, ...change }] }).rows[0];
  assert.is(of({ faults: [fault('one')], taps: ['vnet7'] })?.note, 'vnet7: one');
  assert.is(of({ faults: [fault('one')], taps: [] })?.note, 'one');
  assert.is(of({})?.flow, undefined);
  assert.is('uplink' in (of({}) ?? {}), false);
  const { out, in: into } = cliff;
  const changed = { by: 'limit', to: 5e6, usual: 30e6 } as const;
  const limited = { out: out && { ...out, ceil: 5e6, forNow: { ceil: changed } }, in: into };
  assert.is(note(limited), 'ceil 5mbit out instead of 30mbit, limited');
  assert.is(note({ ...limited, faults: [fault('one')] }), 'one; ceil 5mbit out instead of 30mbit, limited');
});

test('the words above the table where something is wrong with all, or there is nobody', () => {
  assert.is(scene({ loaded: false }).trouble, 'nothing is loaded; virt-shaper status says what there is');
  assert.match(
    scene({ table: 'missing' }).trouble ?? '',
    /^nobody is shaped: the nftables table is not there; .*virt-shaper.* repairs it$/,
  );
  const nobody = scene({ guests: [], inForce: { ...inUse.inForce, uplinks: [] }, uplinks: [] });
  assert.is(nobody.note, 'no guest that is to be shaped is running');
  assert.is(scene({ table: 'changed' }).trouble, undefined);
});

test('what is left of a volume comes with its guest and its group', () => {
  const { rows, allowances } = scene({ allowances: someAllowances() });
  assert.equal(
    rows.map(({ name, left }) => [name, left]),
    [
      ['cliff', 1],
      ['jason', 1],
      ['friends', 1],
      ['unmarked', undefined],
    ],
  );
  assert.is(allowances?.quotas.length, 2);
});

test.run();
