// Which differences are about one guest, and the lines of what the kernel holds for it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyState, kernelWith, type TcObject } from '../../../../src/kernel/objects.ts';
import { useKey } from '../../../../src/observe/use.ts';
import type { Explanation } from '../../../../src/report/explain/explanation.ts';
import { type Held, heldFor } from '../../../../src/report/explain/kernel.ts';
import { kernelLines } from '../../../../src/report/explain/kernel-lines.ts';
import { textOf } from '../../../../src/text/spans.ts';
import { held as nothingHeld } from './made.ts';

const object = (
  kind: TcObject['kind'],
  device: string,
  id: string,
  more: Partial<TcObject> = {},
): TcObject => {
  return { kind, key: `${device} ${kind} ${id}`, device, id, values: {}, ...more };
};

function about(difference: object): boolean {
  const from = kernelWith(emptyState());
  const list = [{ effect: 'structure', action: 'change', device: 'eth0', reason: 'x', ...difference }];
  const now = { list, from, to: emptyState(), unreached: [], obstacles: [], uses: new Map() };
  const { differences } = heldFor(now as never, { id: 0x10, taps: ['vnet0'] }, 'guest a', [
    'eth0',
    'ifb-eth0',
  ]);
  return differences.length > 0;
}

/** Both as what is there and as what is wanted. */
const either = (kind: TcObject['kind'], device: string, id: string, more: object = {}) => {
  const one = object(kind, device, id);
  return [about({ kind, device, held: one, ...more }), about({ kind, device, wanted: one, ...more })];
};

test('classes and queues by their id, in both directions; those of others only where the tree is made again', () => {
  for (const kind of ['class', 'leaf'] as const) {
    assert.equal(
      [either(kind, 'eth0', '1:10'), either(kind, 'ifb-eth0', '2:10')],
      [
        [true, true],
        [true, true],
      ],
    );
    assert.equal(either(kind, 'eth0', '1:11'), [false, false]);
    assert.equal(either(kind, 'eth0', '1:11', { action: 'rebuild' }), [true, true]);
    assert.equal(either(kind, 'eth7', '1:11', { action: 'rebuild' }), [false, false]);
  }
});

test('filters by their mark, roots by the device, the rest by the tap', () => {
  assert.equal(
    [either('filter', 'vnet9', '0x76730010'), either('filter', 'vnet0', '0x76730011')],
    [
      [true, true],
      [false, false],
    ],
  );
  assert.equal(
    [either('root', 'eth0', '1:'), either('root', 'eth7', '1:')],
    [
      [true, true],
      [false, false],
    ],
  );
  assert.equal(
    [either('clsact', 'vnet0', ''), either('clsact', 'vnet1', '')],
    [
      [true, true],
      [false, false],
    ],
  );
});

test('the table is not, its elements are; an ifb is where it is in it; what is named after it is in any case', () => {
  assert.equal(about({ kind: 'table', device: 'vnet0' }), false);
  assert.equal(
    [about({ kind: 'device', ifb: { name: 'ifb-eth0' } }), about({ kind: 'device', ifb: { name: 'ifb-x' } })],
    [...[true, false]],
  );
  const wanted = object('filter', 'vnet9', '0x1', { subject: 'guest a' });
  assert.is(about({ kind: 'filter', device: 'vnet9', wanted }), true);
});

test('an element is there only with its own ports and its own class', () => {
  const table = (...pairs: [string, string][]) =>
    `table bridge virt-shaper {\nchain out-10 {\n meta priority set 1:10\n}\nchain in-10 {\n meta priority set 2:10\n}\nmap guests {\n type ifname . ifname : verdict\n elements = {\n${pairs.map(([ports, chain]) => `${ports} : goto ${chain}`).join(',\n')}\n }\n}\n}\n`;
  const missing = (have: [string, string][], want: [string, string][]) => {
    const from = kernelWith({ ...emptyState(), ruleset: table(...have) });
    const to = { ...emptyState(), ruleset: table(...want) };
    const now = { list: [], from, to, unreached: [], obstacles: [], uses: new Map() };
    const { missingElements, surplusElements } = heldFor(now as never, { id: 0x10, taps: [] }, 'guest a', []);
    return [missingElements.length, surplusElements.length];
  };
  const [there, back] = ['"vnet0" . "eth0"', '"eth0" . "vnet0"'];
  assert.equal(missing([[there, 'out-10']], [[there, 'out-10']]), [0, 0]);
  assert.equal(missing([[there, 'out-10']], [[there, 'in-10']]), [1, 1], 'another class');
  assert.equal(missing([[there, 'out-10']], [[back, 'out-10']]), [1, 1], 'other ports');
  assert.equal(missing([[there, 'out-10']], []), [0, 1]);
});

const held = (change: Partial<Held>): string[] => {
  const kernel = { ...nothingHeld, ...change };
  return kernelLines({ rules: {}, kernel } as unknown as Explanation).map((line) => textOf(line));
};

test('what the kernel holds, side by side: classes with their counters, frames, filters', () => {
  const one = { device: 'eth0', id: '1:10', parent: '1:ffff', values: { rate: 5e6, ceil: 30e6 } };
  const use = { bytes: 14_900_000, packets: 2, dropped: 3, overlimits: 4, backlog: 5, queued: 6 };
  assert.equal(
    held({
      classes: [one, { ...one, device: 'ifb-eth0', id: '2:10', use }],
      elements: [{ ports: 'vnet0 . eth0', class: '1:10' }],
      filters: [{ tap: 'vnet0', mark: '0x76730010', to: 'ifb-eth0' }],
    }),
    [
      '',
      'In the kernel',
      '  class 1:10 on eth0      rate 5mbit, ceil 30mbit, below 1:ffff',
      '  class 2:10 on ifb-eth0  rate 5mbit, ceil 30mbit, below 1:ffff',
      '                          14.9M bytes in 2 packets, 3 dropped, 4 times over its limit, 5 bytes wait',
      '  frames vnet0 . eth0     to class 1:10',
      '  filter on vnet0         mark 0x76730010 to ifb-eth0',
    ],
  );
  const single = held({ classes: [{ ...one, use: { ...use, packets: 1 } }] });
  assert.match(single.at(-1) ?? '', ' in 1 packet, ');
});

test('what load would change: objects, then elements that are missing, then those too many', () => {
  const difference = {
    effect: 'rates',
    action: 'change',
    kind: 'class',
    device: 'eth0',
    held: object('class', 'eth0', '1:10', { values: { ceil: 20e6 } }),
    wanted: object('class', 'eth0', '1:10', { values: { ceil: 30e6 } }),
    reason: 'x',
  } as never;
  const element = { ports: 'vnet0 . eth0', class: '1:10' };
  assert.equal(held({ differences: [difference], missingElements: [element], surplusElements: [element] }), [
    '',
    'What virt-shaper load would change',
    '  ~ class 1:10 on eth0: ceil 20mbit -> 30mbit',
    '  + vnet0 . eth0 to class 1:10  (it is not there)',
    '  - vnet0 . eth0 to class 1:10  (nothing asks for it)',
  ]);
  assert.equal(held({}), []);
  assert.equal(kernelLines({ kernel: 'no kernel' } as Explanation), []);
});

test('a class with its leaf and its counters, as far as there are any', () => {
  const classes = (objects: TcObject[], uses = new Map()) => {
    const from = kernelWith({ ...emptyState(), objects: new Map(objects.map((one) => [one.key, one])) });
    const now = { list: [], from, to: emptyState(), unreached: [], obstacles: [], uses };
    return heldFor(now as never, { id: 0x10, taps: [] }, 'guest a', []).classes;
  };
  const own = object('class', 'eth0', '1:10', { parent: '1:ffff', values: { rate: 1 } });
  const bare = { device: 'eth0', id: '1:10', parent: '1:ffff', values: { rate: 1 } };
  assert.equal(classes([own]), [bare]);
  const leaf = object('leaf', 'eth0', '1:10', { values: { kind: 'sfq' } });
  assert.equal(classes([own, leaf]), [{ ...bare, leaf: { kind: 'sfq' } }]);
  const use = { bytes: 1, packets: 2, dropped: 3, overlimits: 4, backlog: 5, queued: 6 };
  const uses = new Map([[useKey('eth0', '1:10'), { ...use, at: 7 }]]);
  assert.equal(classes([own, leaf], uses), [{ ...bare, leaf: { kind: 'sfq' }, use }]);
  assert.equal(classes([own], uses), [{ ...bare, use }]);
  assert.equal(classes([object('class', 'eth0', '1:11')]), []);
});

test.run();
