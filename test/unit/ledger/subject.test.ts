// For whom a class counts: by the plan, and by the comment of its line.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  directionOf,
  ledgerSubject,
  ownersOf,
  splitSubject,
  subjectOfLine,
} from '../../../src/ledger/subject.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

test('a subject is its kind and its name, whatever is in that', () => {
  assert.is(ledgerSubject('group', 'a b'), 'group a b');
  assert.equal(splitSubject('guest a b'), { kind: 'guest', name: 'a b' });
  assert.equal(splitSubject('unmarked eth0'), { kind: 'unmarked', name: 'eth0' });
});

test('a class of the second tree receives', () => {
  assert.equal(['1:10', '2:10', '1:2', '12:1'].map(directionOf), ['out', 'in', 'out', 'out']);
});

test('the line of a class', () => {
  assert.is(subjectOfLine('guest a'), 'guest a');
  assert.is(subjectOfLine('group "a b"'), 'group a b');
  assert.is(subjectOfLine('link eth0'), 'uplink eth0');
  for (const other of [
    undefined,
    '',
    'unmarked',
    'guest',
    'guest ',
    'leaf of guest a',
    'guests a',
    'guest "a',
  ])
    assert.is(subjectOfLine(other), undefined, other);
});

test('each class of a plan has its owner, and a member its group', () => {
  const toml =
    '[group.g]\nceil = "30mbit"\n[guest.a]\ngroup = "g"\nrate = "1mbit"\n[guest.b]\nrate = "1mbit"\n';
  const { plan } = generateFor(makeWorld(toml, { a: 'vnet0@br0', b: 'vnet1@br0' }));
  const owners = ownersOf(plan.uplinks);
  assert.equal([...owners.keys()].sort(), ['eth0', 'ifb-eth0']);
  const sorted = (device: string) =>
    [...(owners.get(device)?.values() ?? [])].map(({ subject, group }) => [subject, group]).sort();
  const sending = [
    ['group g', undefined],
    ['guest a', 'g'],
    ['guest b', undefined],
    ['unmarked eth0', undefined],
    ['uplink eth0', undefined],
  ];
  assert.equal(sorted('eth0'), sending);
  const { flooded } = plan.uplinks[0]?.trees.in ?? {};
  assert.equal(sorted('ifb-eth0'), [...(flooded ? [['flooded eth0', undefined]] : []), ...sending]);
  for (const [device, own] of owners)
    assert.ok([...own.keys()].every((id) => directionOf(id) === (device === 'eth0' ? 'out' : 'in')));
});

test.run();
