// Where a value comes from, in words: the place, each step of the moment, each cut, in this order.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MomentStep } from '../../../../src/policy/moment/moment.ts';
import type { Cut } from '../../../../src/policy/origin.ts';
import {
  folderOf,
  originText,
  places,
  rateOrigin,
  sizeOrigin,
} from '../../../../src/report/explain/origin.ts';
import type { ExplainedRate, ExplainedUplink } from '../../../../src/report/explain/values.ts';

const place = places('/etc/virt-shaper');
const at = (line: number) => ({ file: '/etc/virt-shaper/config.d/10.toml', line, column: 2 });
const link = (from: ExplainedUplink['link']['out']['from']) => {
  const one = { value: 1e9, from };
  return { name: 'eth0', link: { out: one, in: one } } as Pick<ExplainedUplink, 'name' | 'link'>;
};

/** @param steps of the moment */
function words(
  cuts: Cut[],
  steps: MomentStep[] = [],
  more: Partial<ExplainedRate> = {},
  from = link('entry'),
): string[] {
  const rate = { from: 'entry', at: at(3), found: 9e6, steps, cuts, ...more } as ExplainedRate;
  return rateOrigin(rate, from, place);
}

test('a file is shown from the folder of the configuration on, another one whole', () => {
  assert.is(folderOf('/etc/virt-shaper/config.toml'), '/etc/virt-shaper');
  assert.is(place(at(3)), 'config.d/10.toml:3:2');
  assert.is(place({ ...at(3), file: '/etc/virt-shaper.d/x' }), '/etc/virt-shaper.d/x:3:2');
});

test('each kind of place', () => {
  const text = (from: Parameters<typeof originText>[0]['from']) =>
    originText({ from, at: at(1) }, 'eth0', place);
  assert.equal((['on', 'entry', 'defaults', 'metadata', 'built-in'] as const).map(text), [
    'config.d/10.toml:1:2, for eth0',
    'config.d/10.toml:1:2',
    'config.d/10.toml:1:2, [defaults]',
    "the guest's own metadata",
    'built in, as nothing is written',
  ]);
});

test('a value as it is written is its place alone; one that is not says what is written', () => {
  assert.equal(words([]), ['config.d/10.toml:3:2']);
  const ceil: Cut = { by: 'ceil', name: '', to: 5e6 };
  assert.equal(words([ceil]), ['config.d/10.toml:3:2 says 9mbit', 'cut to its ceil']);
  const { at: _, ...unwritten } = { at: at(1) };
  assert.equal(words([ceil], [], { from: 'built-in', at: undefined, ...unwritten } as never), [
    '9mbit is built in, as nothing is written',
    'cut to its ceil',
  ]);
});

test('each cut', () => {
  const cut = (one: Partial<Cut>, from = link('entry')) =>
    words([{ by: 'group', name: 'g', to: 5e6, ...one } as Cut], [], {}, from)[1];
  assert.is(cut({ at: at(7) }), 'cut to the ceil of group g, config.d/10.toml:7:2');
  assert.is(cut({}), 'cut to the ceil of group g');
  assert.is(
    cut({ by: 'metadata', at: at(7) }),
    'cut to what [defaults] lets a guest ask for, config.d/10.toml:7:2',
  );
  assert.is(cut({ by: 'link', name: 'eth0' }), 'cut to the link of eth0');
  for (const [from, why] of [
    ['kernel', 'as the kernel reports it'],
    ['remembered', 'as the kernel reported it last'],
    ['assumed', 'which is assumed'],
  ] as const)
    assert.is(cut({ by: 'link', name: 'eth0' }, link(from)), `cut to the link of eth0, ${why}`);
  assert.is(
    cut({ by: 'link', name: 'eth0', at: at(7) }, link('kernel')),
    'cut to the link of eth0, config.d/10.toml:7:2',
  );
  assert.is(
    cut({ by: 'sum', name: 'group g', sum: { of: 40e6, limit: 30e6 } }),
    'scaled: the guarantees of group g sum to 40mbit, and there are only 30mbit',
  );
  assert.match(cut({ by: 'refused' }) ?? '', 'oversubscribed = "refuse"');
});

const minute = (hour: number) => new Date(2026, 11, 24, hour).getTime();

test('steps of the moment stand between what a guest may ask for and what cuts it', () => {
  const steps = [
    { by: 'window', to: 7e6, at: at(9), until: minute(20) },
    { by: 'quota', to: 6e6 },
    {
      by: 'limit',
      to: 5e6,
      until: minute(20),
      set: { by: 'alice', since: minute(18), why: 'abuse report 4711' },
    },
    { by: 'limit', to: 4e6, set: { by: 'bob b', since: minute(18) } },
  ] as unknown as MomentStep[];
  const cuts = [
    { by: 'group', name: 'g', to: 5e6, step: { by: 'boost', to: 5e6 } },
    { by: 'metadata', name: '[defaults]', to: 8e6 },
  ] as Cut[];
  assert.equal(words(cuts, steps), [
    'config.d/10.toml:3:2 says 9mbit',
    'cut to what [defaults] lets a guest ask for',
    'by the clock 7mbit until 2026-12-24 20:00, config.d/10.toml:9:2',
    'its volume is used up: 6mbit',
    'limited to 5mbit until 2026-12-24 20:00 by alice, 2026-12-24 18:00: abuse report 4711',
    'limited to 4mbit by "bob b", 2026-12-24 18:00',
    'cut to the ceil of group g, where with credit 5mbit',
  ]);
});

test('sizes', () => {
  assert.equal(sizeOrigin({ from: 'computed' } as never, 'rate', place), ['computed from the rate']);
  assert.equal(sizeOrigin({ from: 'entry', at: at(4) } as never, 'rate', place), ['config.d/10.toml:4:2']);
  assert.equal(sizeOrigin({ from: 'entry', at: at(4), found: 9 } as never, 'rate', place), [
    'config.d/10.toml:4:2 says 9 bytes',
    'cut to what the kernel can hold',
  ]);
});

test.run();
