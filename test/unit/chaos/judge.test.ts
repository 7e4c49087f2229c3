// The judge of test/chaos: each sort of lie is one, and what is true is none.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fate, Truth } from '../../chaos/frames.ts';
import { judgeHarmless, judgeHealed, judgeKept, judgeViews } from '../../chaos/judge.ts';
import type { Said, Views } from '../../chaos/views.ts';

const nic = { tap: 'vnet0', bridge: 'br0', uplink: 'eth0', index: 1 };

function truth(direction: 'out' | 'in', fate: Fate, more: Partial<Truth> = {}): Truth {
  const own = { guest: 'ann', nic, uplink: 'eth0', direction, fate, joined: true, astray: false, packets: 3 };
  return { ...own, shown: '', ...more };
}

const row = (direction: 'out' | 'in', shaped: boolean, more: Partial<Said> = {}): Said => {
  return {
    view: 'status',
    guest: 'ann',
    uplink: 'eth0',
    direction,
    shaped,
    noted: false,
    words: '',
    ...more,
  };
};

const views = (said: Said[], more: Partial<Views> = {}): Views => {
  return { said, asked: ['status'], findings: [], verify: 3, broken: [], ...more };
};

const lies = (truths: Truth[], said: Views) => judgeViews(truths, said).map(({ text }) => text);

test('shaped is said of what is shaped, and only of that', () => {
  const mixed = [truth('out', 'shaped'), truth('in', 'unshaped')];
  assert.equal(lies(mixed, views([row('out', true), row('in', false)])), []);
  assert.is(lies(mixed, views([row('out', true), row('in', true)])).length, 1);
  assert.is(lies(mixed, views([row('out', false), row('in', false)])).length, 1);
  for (const fate of ['partly', 'cut'] as const)
    assert.is(lies([truth('out', fate)], views([row('out', true)])).length, 1, fate);
});

test('a figure for both directions is held against both', () => {
  const { direction: _, ...both } = row('out', true, { view: 'metrics' });
  const metrics = views([both], { asked: ['metrics'] });
  assert.equal(lies([truth('out', 'shaped'), truth('in', 'shaped')], metrics), []);
  assert.is(lies([truth('out', 'shaped'), truth('in', 'unshaped')], metrics).length, 1);
});

test('where a device is down neither word is false, but nothing beside it is', () => {
  const down = [truth('out', 'cut', { joined: false })];
  assert.equal(lies(down, views([row('out', true, { noted: true })])), []);
  assert.equal(lies(down, views([row('out', false)])), []);
  assert.is(lies(down, views([row('out', true)])).length, 1);
  const astray = [truth('out', 'cut', { joined: false, astray: true })];
  assert.equal(lies(astray, views([row('out', true)])), [], 'the host has lost its way to the uplink');
  assert.is(lies([...astray, ...down], views([row('out', true)])).length, 1);
});

test('silence is a lie, in every view that was asked; so is a row of one who does not run', () => {
  assert.match(lies([truth('out', 'unshaped')], views([])).join(), 'status says nothing of ann');
  assert.match(lies([], views([row('out', true)])).join(), 'who does not run');
  assert.equal(lies([], views([row('out', false)])), []);
});

test('a view that says that it cannot tell is no lie where files were harmed, and one elsewhere', () => {
  const broken = views([], { asked: [], broken: ['metrics: ends with 1: virt-shaper: x is damaged'] });
  assert.equal(judgeViews([], broken, true), []);
  assert.is(judgeViews([], broken).length, 1);
  const defect = views([], { asked: [], broken: ['metrics: ends with 1: virt-shaper: this is a defect'] });
  assert.is(judgeViews([], defect, true).length, 1);
});

test('verify and doctor', () => {
  const unshaped = [truth('out', 'unshaped')];
  const said = [row('out', false)];
  assert.match(lies(unshaped, views(said, { verify: 0 })).join(), 'verify finds nothing');
  const asked = ['status', 'doctor'];
  assert.match(lies(unshaped, views(said, { asked })).join(), 'doctor names nothing');
  assert.equal(lies(unshaped, views(said, { asked, findings: ['problem passing.rule, ann: x'] })), []);
  const well = lies(
    [truth('out', 'shaped')],
    views([row('out', true)], { asked, findings: ['problem passing.rule, ann: x'] }),
  );
  assert.match(well.join(), 'of one who is shaped');
});

test('a class that began to count anew, a word that a harmless thing changed, drift when all is gone', () => {
  const look = (truths: Truth[], verify = 0) => ({ truths, views: views([], { verify }) });
  const before = look([truth('out', 'shaped', { packets: 9 })]);
  assert.equal(judgeKept(before, look([truth('out', 'shaped', { packets: 12 })])), []);
  assert.is(judgeKept(before, look([truth('out', 'shaped', { packets: 3 })])).length, 1);
  assert.is(judgeHarmless(before, look([truth('out', 'shaped')], 3)).length, 1);
  assert.is(judgeHarmless(before, look([truth('out', 'unshaped')])).length, 1);
  assert.is(judgeHealed(look([], 3), ['the tracer']).length, 2);
});

test.run();
