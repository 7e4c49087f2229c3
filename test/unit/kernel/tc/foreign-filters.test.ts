// What filters of others do to a frame that passes them: which of them it meets, and what each does to its way.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFilters, type TcAction, type TcFilter } from '../../../../src/kernel/tc/filter-json.ts';
import {
  type FilterPlace,
  filtersBehind,
  foreignFilters,
  redirectsOf,
} from '../../../../src/kernel/tc/foreign-filters.ts';
import { signature } from '../../../../src/plan/names.ts';

type Options = NonNullable<TcFilter['options']>;

const filter = (pref: number, kind: string, options?: Options, more: Partial<TcFilter> = {}): TcFilter => ({
  pref,
  kind,
  protocol: 'all',
  chain: 0,
  ...(options ? { options } : {}),
  ...more,
});
const mirred = (how: string, to?: string, then = 'pipe'): TcAction => ({
  kind: 'mirred',
  mirred_action: how,
  ...(to === undefined ? {} : { to_dev: to }),
  control_action: { type: then },
});
const does = (...actions: TcAction[]): Options => ({ actions });
const ok: TcAction = { kind: 'gact', control_action: { type: 'pass' } };
const goOn: TcAction = { kind: 'gact', control_action: { type: 'continue' } };

const before: FilterPlace = { ours: true, mark: 0x76730010, ifbs: new Set(['ifb-x']) };
const alone: FilterPlace = { ...before, ours: false };

const effects = (place: FilterPlace, ...filters: TcFilter[]) =>
  foreignFilters(filters, place).map(({ pref, effects }) => `${pref} ${effects.join(' ')}`);

test('who redirects steals, also for an ifb that gives back, where ours is yet to come', () => {
  const to = (device?: string) => filter(1, 'matchall', does(mirred('redirect', device, 'stolen')));
  assert.equal(effects(before, to('ids0')), ['1 steals ends']);
  assert.equal(effects(before, to('ifb-x')), ['1 steals ends']);
  assert.equal(effects(alone, to('ids0')), ['1 steals']);
  assert.equal(effects(alone, to('ifb-x')), [], 'it comes back behind');
  assert.equal(effects(alone, to()), ['1 steals']);
  assert.equal(effects(alone, filter(1, 'matchall', does(mirred('mirror', 'ids0')))), []);
});

test('marks, priorities and programs, by whatever sets them', () => {
  const by = (action: TcAction) => effects(alone, filter(1, 'flower', does(action)));
  assert.equal(by({ kind: 'skbedit', mark: 1 }), ['1 mark']);
  assert.equal(by({ kind: 'skbedit', priority: '1:1' }), ['1 priority']);
  assert.equal(by({ kind: 'skbedit', inheritdsfield: true }), ['1 priority']);
  assert.equal(by({ kind: 'skbedit', ptype: 'host' }), []);
  for (const kind of ['connmark', 'ctinfo', 'ife']) assert.equal(by({ kind }), ['1 mark'], kind);
  assert.equal(by({ kind: 'bpf' }), ['1 program']);
  assert.equal(by({ kind: 'vlan' }), []);
  assert.equal(effects(before, filter(1, 'bpf', { 'direct-action': true })), ['1 program']);
  assert.equal(effects(before, filter(1, 'bpf', {})), ['1 ends']);
});

test('a frame that is dropped, or let go on, is not lost to us', () => {
  const drop = filter(1, 'flower', does({ kind: 'gact', control_action: { type: 'drop' } }));
  assert.equal(effects(before, drop), []);
  assert.equal(effects(before, filter(1, 'flower', does(goOn))), []);
  assert.equal(effects(before, filter(1, 'flower', does(ok))), ['1 ends']);
  assert.equal(effects(alone, filter(1, 'flower', does(ok))), []);
  assert.equal(effects(before, filter(1, 'flower', does())), ['1 ends']);
});

test('in the order of preferences, up to the one that ends the way of every frame', () => {
  const some = (pref: number) => filter(pref, 'flower', { keys: { eth_type: 'ip' }, ...does(ok) });
  const every = (pref: number) => filter(pref, 'matchall', does(ok));
  assert.equal(effects(before, some(3), some(2)), ['2 ends', '3 ends']);
  assert.equal(effects(before, some(3), every(2)), ['2 ends']);
  assert.equal(effects(before, filter(2, 'matchall', does(goOn)), some(3)), ['3 ends']);
  const ip = filter(2, 'matchall', does(ok), { protocol: 'ip' });
  assert.equal(effects(before, ip, some(3)), ['2 ends', '3 ends']);
  const empty = filter(2, 'flower', { keys: {}, ...does(ok) });
  assert.equal(effects(before, empty, some(3)), ['2 ends']);
  const u32 = (mask: string, more: Options = {}) =>
    filter(2, 'u32', { match: { value: '0', mask }, ...more, ...does(ok) });
  assert.equal(effects(before, u32('0'), some(3)), ['2 ends']);
  assert.equal(effects(before, u32('ff'), some(3)), ['2 ends', '3 ends']);
  assert.equal(effects(before, u32('0', { fwmark_value: '0x76730010' }), some(3)), ['2 ends', '3 ends']);
  const noMatch = filter(2, 'u32', does(ok));
  assert.equal(effects(before, noMatch, some(3)), ['2 ends', '3 ends']);
});

test('what is no filter, of another chain, of hardware alone or of another mark is not met', () => {
  assert.equal(effects(before, filter(1, 'u32')), []);
  assert.equal(effects(before, filter(1, 'u32', { ht_divisor: 1, ...does(ok) })), []);
  assert.equal(effects(before, filter(1, 'flower', { skip_sw: true, ...does(ok) })), []);
  assert.equal(effects(before, filter(1, 'flower', does(ok), { chain: 1 })), []);
  assert.equal(effects(before, filter(signature, 'fw', does(ok))), [], 'it is ours');
  assert.equal(effects(before, filter(signature + 1, 'fw', does(ok))), [], 'ours for a moment');
  assert.equal(effects(before, filter(signature + 2, 'flower', does(ok))), [], 'it comes after ours');
  assert.equal(effects(alone, filter(signature + 2, 'flower', does(mirred('redirect', 'x')))), [
    `${signature + 2} steals`,
  ]);
  const fw = (handle: string, mask?: string) =>
    filter(1, 'fw', { handle, ...(mask ? { fwmark_mask: mask } : {}), ...does(ok) });
  assert.equal(effects(before, fw('0x76730010')), ['1 ends']);
  assert.equal(effects(before, fw('0x76730011')), []);
  assert.equal(effects(before, fw('0x76730000', '0xffff0000')), ['1 ends']);
  assert.equal(effects(before, fw('0x10', '0xffff0000')), []);
  const { mark: _, ...unmarked } = before;
  assert.equal(effects(unmarked, fw('0x1')), ['1 ends'], 'which it will have is not known');
  assert.equal(effects({ ...before, mark: 0x80000001 }, fw('0x80000001')), ['1 ends']);
  assert.equal(effects(before, filter(1, 'u32', { fwmark_value: '0x1', ...does(ok) })), []);
});

test('another chain does what is done there, and one that leads to itself ends', () => {
  const goto = (chain: number): TcAction => ({ kind: 'gact', control_action: { type: 'goto', chain } });
  const led = filter(1, 'matchall', does({ kind: 'skbedit', mark: 1 }), { chain: 7 });
  assert.equal(effects(alone, filter(1, 'matchall', does(goto(7))), led), ['1 mark']);
  assert.equal(effects(alone, filter(1, 'matchall', does(goto(8))), led), []);
  const round = filter(1, 'matchall', does({ kind: 'skbedit', mark: 1 }, goto(7)), { chain: 7 });
  assert.equal(effects(alone, filter(1, 'matchall', does(goto(7))), round), ['1 mark']);
});

test('what a filter is called, and whether it mirrors', () => {
  const [one] = foreignFilters(
    [filter(1, 'u32', { kind: 'police', ...does(mirred('redirect'), ok) })],
    before,
  );
  assert.is(one?.what, 'u32, police, redirect to a device that is gone, pass');
  assert.is(one?.mirrors, false);
  const mirror = filter(1, 'matchall', does(mirred('mirror', 'ids0'), { kind: 'skbedit', mark: 1 }));
  const [other] = foreignFilters([mirror], before);
  assert.equal([other?.what, other?.mirrors], ['matchall, mirror to ids0, skbedit', true]);
});

test('behind ours: every filter of the place that frames do not come to any more', () => {
  const behind = (one: TcFilter) => filtersBehind([one]).map(({ pref, mirrors }) => [pref, mirrors]);
  const pref = signature + 5;
  assert.equal(behind(filter(pref, 'matchall', does(mirred('mirror', 'ids0')))), [[pref, true]]);
  assert.equal(behind(filter(pref, 'matchall', does(ok))), [[pref, false]]);
  assert.equal(behind(filter(1, 'matchall', does(ok))), []);
  assert.equal(behind(filter(signature + 1, 'fw', does(ok))), []);
  assert.equal(behind(filter(pref, 'matchall', does(ok), { chain: 1 })), []);
  assert.equal(behind(filter(pref, 'u32')), []);
  assert.equal(behind(filter(pref, 'u32', { ht_divisor: 1 })), []);
});

test('our redirects: the mark, and where they lead to', () => {
  const to = (device: string, options: Options = {}) =>
    redirectsOf([
      filter(signature, options.fwmark_value ? 'u32' : 'fw', {
        ...does(ok, mirred('redirect', device)),
        ...options,
      }),
    ]);
  assert.equal(to('ifb-eth0', { handle: '0x76730010' }), [{ mark: 0x76730010, to: 'ifb-eth0' }]);
  assert.equal(to('ifb-eth0', { handle: '800::800', fwmark_value: '0x76730010' }), [
    { mark: 0x76730010, to: 'ifb-eth0' },
  ]);
  assert.equal(to('*', { handle: '0x1' }), [{ mark: 1 }], 'its device is gone');
  assert.equal(to('ifb-eth0'), [{ to: 'ifb-eth0' }]);
  assert.equal(redirectsOf([filter(1, 'fw', { handle: '0x1', ...does(mirred('redirect', 'x')) })]), []);
  assert.equal(redirectsOf([filter(signature, 'fw', { handle: '0x1', ...does(ok) })]), []);
  assert.equal(redirectsOf([filter(signature, 'fw')]), []);
});

test('filters of which iproute2 6.1 prints words into its JSON are read around', () => {
  const words =
    '[{"protocol":"all","pref":7,"kind":"basic","chain":0},' +
    '{"protocol":"all","pref":7,"kind":"basic","chain":2,"options":{handle 0x1f/0xff "actions":[{"order":1,"kind":"gact"}]}},' +
    '{"protocol":"ip","pref":8,"kind":"route","chain":0,"options":{flowid x}}]';
  assert.equal(parseFilters(words), [
    { protocol: 'all', pref: 7, kind: 'basic', chain: 0 },
    {
      protocol: 'all',
      pref: 7,
      kind: 'basic',
      chain: 2,
      options: { handle: '0x1f', fwmark_mask: '0xff', actions: [{ order: 1, kind: 'gact' }] },
    },
    { protocol: 'ip', pref: 8, kind: 'route', chain: 0, options: { actions: [] } },
  ]);
  const last =
    ',{"protocol":"ip","pref":9,"kind":"flower","chain":0,"options":{"skip_sw":true,"actions":[]}}]';
  assert.equal(
    parseFilters(`${words.slice(0, -1)}${last}\n`),
    [...parseFilters(words), filter(9, 'flower', { skip_sw: true, actions: [] }, { protocol: 'ip' })],
    'what comes last, before the end of the line, as well',
  );
  const own = '[{"protocol":"all","pref":30323,"kind":"fw","chain":0,"options":{handle 0x10 "actions":[]}}]';
  assert.equal(parseFilters(own)[0]?.options, { handle: '0x10', actions: [] });
});

test.run();
