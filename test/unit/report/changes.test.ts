// What differs, in the words of who reads it: from two states as rules.d has them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { State } from '../../../src/kernel/objects.ts';
import { changeLines, changeSummary } from '../../../src/report/change-lines.ts';
import { cliff, found, rob, state } from './two-states.ts';

const cases: [what: string, before: State, after: State, lines: string[], summary: string][] = [
  ['nothing', state({ eth0: [cliff] }), state({ eth0: [cliff] }), [], 'no guest to change, add or take away'],
  [
    'a ceil, and another in one direction',
    state({ eth0: [cliff, rob] }),
    state({
      eth0: [
        { ...cliff, out: 30, in: 30 },
        { ...rob, in: 12 },
      ],
    }),
    ['~ cliff: ceil 20mbit -> 30mbit, both directions', '~ "r b": ceil 10mbit -> 12mbit, receiving'],
    '2 guests to change, none to add or take away',
  ],
  [
    'each direction by itself',
    state({ eth0: [cliff] }),
    state({ eth0: [{ ...cliff, out: 30, in: 40 }] }),
    ['~ cliff: ceil 20mbit -> 30mbit, sending; ceil 20mbit -> 40mbit, receiving'],
    '1 guest to change, none to add or take away',
  ],
  [
    'a guarantee that is scaled, from another figure than before',
    state({ eth0: [{ ...cliff, configured: '20mbit' }, rob] }),
    state({ eth0: [{ ...cliff, configured: '19.5mbit', out: 30, in: 30 }, rob] }),
    ['~ cliff: ceil 20mbit -> 30mbit, both directions'],
    '1 guest to change, none to add or take away',
  ],
  [
    'into a group, with another queue',
    state({ eth0: [cliff] }),
    state({ eth0: [{ ...cliff, parent: '5', leaf: 'sfq limit 127 perturb 10' }] }),
    ['~ cliff: group none -> friends, queue bfifo -> sfq, both directions'],
    '1 guest to change, none to add or take away',
  ],
  [
    'a NIC more and a NIC less',
    state({ eth0: [cliff, rob] }),
    state({ eth0: [{ ...cliff, tap: 'vnet5' }, rob] }),
    ['~ cliff: vnet5 is added; vnet0 is taken away'],
    '1 guest to change, none to add or take away',
  ],
  [
    'a group with all its members as they were',
    state({ eth0: [cliff] }),
    state({ eth0: [cliff] }, { group: 40 }),
    ['~ group friends: ceil 30mbit -> 40mbit, both directions'],
    'no guest to change, add or take away',
  ],
  [
    'one comes, one goes, on one of two uplinks',
    state({ eth0: [cliff], eth1: [{ ...rob, tap: 'vnet6' }] }),
    state({ eth0: [cliff, rob], eth1: [{ ...cliff, tap: 'vnet7' }] }),
    [
      '+ "r b" on eth0: rate 1mbit, both directions; ceil 20mbit, sending; ceil 10mbit, receiving',
      '+ cliff on eth1: rate 1mbit, ceil 20mbit, both directions',
      '- "r b" on eth1: rate 1mbit, both directions; ceil 20mbit, sending; ceil 10mbit, receiving',
    ],
    '2 guests to change, none to add or take away',
  ],
  [
    'an uplink that goes takes its guests along, and its classes are not told of',
    state({ eth0: [cliff], eth1: [{ ...rob, tap: 'vnet6' }] }),
    state({ eth0: [cliff] }),
    [
      '- "r b": rate 1mbit, both directions; ceil 20mbit, sending; ceil 10mbit, receiving',
      '- group friends on eth1: rate 1mbit, ceil 30mbit, both directions',
      '- uplink eth1: ceil 1gbit, both directions',
    ],
    '1 guest to take away, none to change or add',
  ],
];
for (const [what, before, after, lines, summary] of cases) {
  test(what, () => {
    const both = found(before, after);
    assert.equal(changeLines(both, 'plan'), lines);
    assert.is(changeSummary(both, 'to come'), summary);
  });
}

test('what was done is said of the past', () => {
  const both = found(state({ eth0: [cliff] }), state({ eth0: [{ ...cliff, out: 30 }, rob] }));
  assert.is(changeSummary(both, 'done'), '1 guest changed, 1 added, none taken away');
});

test('drift: what is and what was loaded', () => {
  const loaded = state({ eth0: [cliff, rob] });
  const drifted = (before: State, hasTable?: boolean) =>
    changeLines({ ...found(before, loaded, hasTable), loaded }, 'drift');
  assert.equal(drifted(state({ eth0: [{ ...cliff, out: 900 }, rob] })), [
    '~ cliff: ceil is 900mbit, loaded with 20mbit, sending',
  ]);
  assert.equal(drifted(state({ eth0: [cliff] })), [
    '~ "r b": not in the kernel, loaded with rate 1mbit, both directions; ceil 20mbit, sending; ceil 10mbit, receiving',
  ]);
  assert.equal(drifted({ ...loaded, ruleset: 'table bridge virt-shaper {}\n' }, false), [
    '~ the nftables table: it is not there, so nobody is shaped',
  ]);
  const without = (kind: string, device: string) => {
    const objects = [...loaded.objects].filter(([, one]) => !(one.kind === kind && one.device === device));
    return { ...loaded, objects: new Map(objects) };
  };
  assert.equal(drifted(without('filter', 'vnet0')), ['~ cliff: vnet0 is not led to its class, receiving']);
  const downs = new Map([...loaded.devices].map(([name, ifb]) => [name, { ...ifb, up: false }]));
  assert.equal(drifted({ ...loaded, devices: downs }), ['~ device ifb-eth0: it is down']);
  const gone = loaded.ruleset.replace('"vnet0" . "eth0" : goto out-10-eth0,', '');
  assert.equal(drifted({ ...loaded, ruleset: gone }), ['~ cliff: its marks are not those that were loaded']);
});

test.run();
