// The lines of plan and verify for whatever can differ: whose it is, what of it, in the words of each, and guests before the rest.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { State } from '../../../src/kernel/objects.ts';
import { changeLines, changeSummary } from '../../../src/report/change-lines.ts';
import { changesOf, guestActions, onSeveral, type PolicyChange } from '../../../src/report/changes.ts';
import { cliff, found, rob, state } from './two-states.ts';

const none = state({}, { table: false });
const all = state({ eth0: [cliff, rob] });
const plan = (from: State, to: State, hasTable?: boolean) => changeLines(found(from, to, hasTable), 'plan');
const drift = (from: State, to: State, hasTable?: boolean) => changeLines(found(from, to, hasTable), 'drift');

function without(kind: string, device: string): State {
  const objects = [...all.objects].filter(([, one]) => !(one.kind === kind && one.device === device));
  return { ...all, objects: new Map(objects) };
}

test('a first load and an unload: guests, groups, uplinks, and nothing of what comes along with them', () => {
  const one = state({ eth0: [cliff] });
  const what = [
    'cliff: rate 1mbit, ceil 20mbit, both directions',
    'group friends: rate 1mbit, ceil 30mbit, both directions',
    'uplink eth0: ceil 1gbit, both directions',
  ];
  assert.equal(
    plan(none, one, false),
    what.map((text) => `+ ${text}`),
  );
  assert.equal(
    plan(one, none),
    what.map((text) => `- ${text}`),
  );
  const words = (before: string) => what.map((text) => `~ ${text.replace(': ', `: ${before}`)}`);
  assert.equal(drift(one, none), words('in the kernel, not loaded: '));
  assert.equal(drift(none, one, false), words('not in the kernel, loaded with '));
});

test('guests come before groups, and groups before uplinks', () => {
  const to = state({ eth0: [{ ...cliff, out: 30, in: 30 }, rob] }, { group: 40 });
  const [first, second, ...more] = plan(all, to);
  assert.match(first ?? '', /^~ cliff: /);
  assert.match(second ?? '', /^~ group friends: /);
  assert.equal(more, []);
});

test('classes that are gone or too many, in one direction', () => {
  const names = ['cliff', '"r b"', 'group friends', 'uplink eth0'];
  const lines = (words: string) => names.map((name) => `~ ${name}: ${words}, receiving`);
  const half = without('class', 'ifb-eth0');
  assert.equal(drift(half, all), lines('its class is missing'));
  assert.equal(drift(all, half), lines('a class that was not loaded'));
  assert.equal(plan(all, half), lines('its class goes'));
  assert.equal(plan(half, all).slice(0, 2), [
    '~ cliff: its class comes again (rate 1mbit, ceil 20mbit), receiving',
    '~ "r b": its class comes again (rate 1mbit, ceil 10mbit), receiving',
  ]);
});

test('queues: of another kind, none, or with another setting', () => {
  assert.equal(plan(without('leaf', 'eth0'), all), [
    '~ cliff: queue none -> bfifo, sending',
    '~ "r b": queue none -> bfifo, sending',
  ]);
  const sfq = (limit: number) => state({ eth0: [{ ...cliff, leaf: `sfq limit ${limit} perturb 10` }] });
  assert.equal(plan(sfq(127), sfq(128)), ['~ cliff: its limit, both directions']);
  assert.equal(drift(sfq(127), state({ eth0: [cliff] })), [
    '~ cliff: queue is sfq, loaded with bfifo, both directions',
  ]);
  const moved = state({ eth0: [{ ...cliff, parent: '5' }] });
  assert.equal(drift(moved, state({ eth0: [cliff] })), [
    '~ cliff: group is friends, loaded with none, both directions',
  ]);
  const queueGone = plan(all, without('leaf', 'eth0'));
  assert.not.ok(
    queueGone.some((line) => line.includes('queue')),
    'a queue that goes is not told of as another one',
  );
});

test('taps: led to their class, or not any more', () => {
  const half = without('filter', 'vnet0');
  assert.equal(plan(half, all), ['~ cliff: vnet0 is added']);
  assert.equal(plan(all, half), ['~ cliff: vnet0 is taken away']);
  assert.equal(drift(half, all), ['~ cliff: vnet0 is not led to its class, receiving']);
  assert.equal(drift(all, half), ['~ cliff: vnet0 was not loaded']);
});

test('what belongs to no class of a guest has a line of its own, once', () => {
  assert.equal(plan(without('clsact', 'vnet0'), all), ['~ cliff: its clsact on vnet0']);
  assert.equal(drift(without('root', 'eth0'), all), ['~ eth0: its root on eth0']);
  const setting = (value: string): State => ({ ...all, settings: new Map([['net.x', value]]) });
  assert.equal(plan(setting('0'), setting('1')), ['~ net.x: it is 0, not 1']);
  const fresh = { ...none, settings: new Map([['net.x', '0']]) };
  assert.not.ok(
    plan(fresh, setting('1'), false).some((line) => line.includes('net.x')),
    'it comes with an uplink',
  );
  const more = plan({ ...state({ eth0: [cliff] }), settings: new Map([['net.x', '0']]) }, setting('1'));
  assert.ok(more.includes('~ net.x: it is 0, not 1'), 'a new guest brings no setting with it');
  const both = { ...without('clsact', 'vnet0'), settings: new Map([['net.x', '0']]) };
  assert.equal(plan(both, setting('1')).length, 2);
});

test('the marks of the table, by whose they are', () => {
  const of = (from: string, to: string): State => ({ ...all, ruleset: all.ruleset.replace(from, to) });
  const swapped = of('"vnet0" . "eth0" : goto out-10-eth0,', '"vnet0" . "eth0" : goto out-11-eth0,');
  assert.equal(plan(swapped, all), ['~ "r b": its marks', '~ cliff: its marks']);
  assert.equal(drift(swapped, all), [
    '~ "r b": its marks are not those that were loaded',
    '~ cliff: its marks are not those that were loaded',
  ]);
  assert.is(changeSummary(found(swapped, all), 'to come'), '2 guests to change, none to add or take away');
  const lost = of('"vnet0" . "eth0" : goto out-10-eth0,', '');
  const behind = (one: State): State => ({ ...without('class', 'eth0'), ruleset: one.ruleset });
  assert.equal(plan(behind(all), behind(lost)), ['~ cliff: its marks are taken away'], 'by the other class');
  assert.equal(plan(behind(lost), behind(all)), ['~ cliff: its marks are added']);
  assert.is(
    changeSummary(found(behind(all), behind(lost)), 'done'),
    '1 guest changed, none added or taken away',
  );
  assert.equal(drift(of('priority 250', 'priority 251'), all), [
    '~ the nftables table: it is not as it was loaded',
  ]);
  const wider = state({ eth0: [{ ...cliff, out: 30 }, rob] });
  assert.equal(
    plan(swapped, wider),
    ['~ cliff: ceil 20mbit -> 30mbit, sending', '~ "r b": its marks'],
    'who has a line already has no second one',
  );
  const changed = of('priority 250', 'priority 251');
  assert.equal(plan(changed, { ...wider, ruleset: all.ruleset }), [
    '~ cliff: ceil 20mbit -> 30mbit, sending',
  ]);
});

test('a table that is not there: nobody is shaped, where anybody was', () => {
  assert.equal(plan({ ...all, ruleset: none.ruleset }, all, false), [
    '~ the nftables table: it is not there, so nobody is shaped',
  ]);
  assert.not.ok(plan(none, all, false).some((line) => line.includes('table')));
  assert.not.ok(plan(all, none).some((line) => line.includes('table')));
});

test('the sum in one sentence: what there is first, then what there is not', () => {
  const guests = (...ids: string[]) =>
    ids.map((id) => ({ name: `g${id}`, id, out: 20, in: 20, tap: `vnet${id}` }));
  const sum = (from: State, to: State, tense: 'to come' | 'done' = 'to come') =>
    changeSummary(found(from, to), tense);
  const [ten, eleven, twelve] = [guests('10'), guests('11'), guests('12')];
  const of = (...list: ReturnType<typeof guests>[]) => state({ eth0: list.flat() });
  const wider = ten.map((one) => ({ ...one, out: 30 }));
  assert.is(sum(of(ten), of(ten)), 'no guest to change, add or take away');
  assert.is(sum(of(ten), of(ten), 'done'), 'no guest changed, added or taken away');
  assert.is(sum(of(ten), of(wider)), '1 guest to change, none to add or take away');
  assert.is(sum(of(ten), of(wider), 'done'), '1 guest changed, none added or taken away');
  assert.is(sum(of(ten), of(ten, eleven)), '1 guest to add, none to change or take away');
  assert.is(sum(of(ten), of(ten, eleven, twelve), 'done'), '2 guests added, none changed or taken away');
  assert.is(sum(of(ten, eleven), of(ten)), '1 guest to take away, none to change or add');
  assert.is(sum(of(ten), of(wider, eleven)), '1 guest to change, 1 to add, none to take away');
  assert.is(sum(of(ten, twelve), of(wider, eleven)), '1 guest to change, 1 to add, 1 to take away');
  assert.is(sum(of(ten, twelve), of(ten, eleven), 'done'), '1 guest added, 1 taken away, none changed');
});

test('who is on several uplinks, before or after', () => {
  const several = (from: State, to: State) => [...onSeveral(found(from, to))];
  const away = { ...cliff, tap: 'vnet7' };
  assert.equal(several(all, all), []);
  assert.equal(several(state({ eth0: [cliff] }), state({ eth0: [cliff], eth1: [away] })), [
    'group friends',
    'guest cliff',
  ]);
  assert.equal(
    several(state({ eth0: [cliff], eth1: [] }), state({ eth0: [], eth1: [away] })).includes('guest cliff'),
    true,
  );
});

test('what happens to each guest, all uplinks together', () => {
  const actions = (from: State, to: State) => Object.fromEntries(guestActions(found(from, to)));
  const away = { ...cliff, tap: 'vnet7' };
  assert.equal(actions(state({ eth0: [cliff] }), state({ eth0: [cliff, rob] })), { '"r b"': 'add' });
  assert.equal(actions(all, state({ eth0: [rob] })), { cliff: 'remove' });
  assert.equal(actions(state({ eth0: [cliff], eth1: [] }), state({ eth0: [], eth1: [away] })), {
    cliff: 'change',
  });
  assert.equal(actions(all, all), {});
});

test('changes as data: each with its uplink and what of it, the unmarked class only where it changes', () => {
  const of = (from: State, to: State) =>
    changesOf(found(from, to), 'plan').map(({ action, kind, name, uplink, what }: PolicyChange) => [
      action,
      kind,
      name,
      uplink,
      what.length,
    ]);
  assert.equal(of(none, state({ eth0: [cliff] })), [
    ['add', 'uplink', 'eth0', 'eth0', 1],
    ['add', 'group', 'friends', 'eth0', 1],
    ['add', 'guest', 'cliff', 'eth0', 1],
  ]);
  const objects = new Map(
    [...all.objects].map(([key, one]) => {
      return one.subject === 'unmarked'
        ? [key, { ...one, values: { ...one.values, ceil: 5e6 } }]
        : [key, one];
    }),
  );
  assert.equal(of(all, { ...all, objects } as State), [['change', 'uplink', 'unmarked on eth0', 'eth0', 1]]);
  assert.equal(plan(all, { ...all, objects } as State), [
    '~ unmarked on eth0: ceil 1gbit -> 5mbit, both directions',
  ]);
  assert.equal(
    of(all, without('class', 'ifb-eth0')).some(([, , name]) => name === 'unmarked on eth0'),
    false,
  );
});

test.run();
