// Which leaf a class has: where it is looked for, in which order, and what is said where the kernel lacks it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LeafKind } from '../../../src/config/leaf.ts';
import { findLeaf, lackingLeaves, possibleLeaf } from '../../../src/policy/leaves.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import { sourcesOf } from '../../../src/policy/origin.ts';
import type { UplinkPolicy } from '../../../src/policy/policy.ts';
import { readToml } from '../../support/world.ts';

test('the nearest place that names one counts: the uplink’s of the entry, the entry, the group, the defaults', () => {
  const places: [from: string, kind: string, toml: string][] = [
    ['on', 'cake', '[guest.a.on.eth0]\nleaf = "cake"\n'],
    ['entry', 'sfq', '[guest.a]\nleaf = "sfq"\n'],
    ['group', 'bfifo', '[group.g.on.eth0]\nleaf = "bfifo"\n'],
    ['group', 'fq_codel', '[group.g]\nceil = "1gbit"\nleaf = "fq_codel"\n'],
    ['defaults', 'cake', '[defaults]\nleaf = "cake"\n'],
  ];
  const found = (from: number, uplink = 'eth0', group: string | undefined = 'g') => {
    const named = places.slice(from).map(([, , toml]) => toml);
    const rest = ['[guest.a]\n', '[group.g]\n'].filter(
      (head) => !named.some((toml) => toml.startsWith(head)),
    );
    const ceil = rest.includes('[group.g]\n') ? '[group.g]\nceil = "1gbit"\n' : '';
    const guest = rest.includes('[guest.a]\n') ? '[guest.a]\n' : '';
    const config = readToml([...named, guest, ceil].join(''));
    const leaf = findLeaf(sourcesOf(config, { name: 'a' }, everyday), uplink, group);
    return leaf && [leaf.origin.from, leaf.settings.kind, leaf.origin.kind, typeof leaf.origin.at];
  };
  for (const [at, [from, kind]] of places.entries())
    assert.equal(found(at), [from, kind, kind, 'object'], `${at}`);
  assert.is(found(places.length), undefined);
  assert.equal(found(0, 'eth1')?.slice(0, 2), ['entry', 'sfq']);
  assert.equal(found(2, 'eth1')?.slice(0, 2), ['group', 'fq_codel']);
  assert.equal(found(2, 'eth0', 'other')?.slice(0, 2), ['defaults', 'cake']);
  assert.equal(found(2, 'eth0', undefined)?.slice(0, 2), ['group', 'bfifo']);
});

const kernel = (...lacking: LeafKind[]) => ({ leaf: 'bfifo' as const, redirect: 'fw' as const, lacking });

test('a kind that the kernel lacks has its best in its place', () => {
  assert.equal(possibleLeaf(undefined, kernel()), { kind: 'bfifo' });
  assert.equal(possibleLeaf({ kind: 'cake', rtt: 5 }, kernel()), { kind: 'cake', rtt: 5 });
  assert.equal(possibleLeaf({ kind: 'cake', rtt: 5 }, kernel('cake')), { kind: 'bfifo' });
  assert.equal(possibleLeaf({ kind: 'cake' }, kernel('sfq')), { kind: 'cake' });
  assert.equal(possibleLeaf({ kind: 'sfq' }, { leaf: 'fq_codel', redirect: 'fw' }), { kind: 'sfq' });
});

test('who asks for a kind that is not there is named once, four of them each, of more the first three', () => {
  const uplink = (name: string, guests: string[], unmarked?: LeafKind, flooded?: LeafKind) => {
    const one = (kind?: LeafKind) => (kind ? { leaf: { kind } } : {});
    const members = guests.map((guest) => ({ name: guest, ...one('cake') }));
    return {
      name,
      guests: members,
      unmarked: one(unmarked),
      flooded: one(flooded),
    } as unknown as UplinkPolicy;
  };
  const told = (...uplinks: UplinkPolicy[]) => lackingLeaves(uplinks, kernel('cake'));
  const so = ': this kernel has no sch_cake, so the leaf is bfifo instead of cake';
  assert.equal(told(uplink('eth0', [])), []);
  assert.equal(told(uplink('eth0', ['a'])), [`guest a${so}`]);
  assert.equal(told(uplink('eth0', ['b', 'a'])), [`guests a, b${so}`]);
  assert.equal(told(uplink('eth0', ['a']), uplink('eth1', ['a'])), [`guest a${so}`]);
  assert.equal(told(uplink('eth0', ['d', 'c', 'b', 'a'])), [`guests a, b, c, d${so}`]);
  assert.equal(told(uplink('eth0', ['e', 'd', 'c', 'b', 'a'])), [`guests a, b, c and 2 others${so}`]);
  assert.equal(told(uplink('eth0', ['a'], 'cake', 'cake'), uplink('eth1', [], 'sfq', 'cake')), [
    `guest a and what is not marked on eth0 and what is flooded on eth0 and what is flooded on eth1${so}`,
  ]);
  assert.equal(lackingLeaves([uplink('eth0', ['a'], 'sfq')], kernel('sfq', 'cake')), [
    'what is not marked on eth0: this kernel has no sch_sfq, so the leaf is bfifo instead of sfq',
    `guest a${so}`,
  ]);
  assert.equal(lackingLeaves([uplink('eth0', ['a'])], { leaf: 'bfifo', redirect: 'fw' }), []);
});

test.run();
