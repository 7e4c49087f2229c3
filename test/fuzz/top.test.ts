// The screen of top over random scenes, views and sizes: exactly as many lines as the terminal has, each exactly
// as wide, and nothing in them that acts on it.
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { figure } from '../../src/text/short-figures.ts';
import { lineWidth, paint, textOf } from '../../src/text/spans.ts';
import { sortable } from '../../src/top/columns.ts';
import { renderFrame } from '../../src/top/frame.ts';
import { onceAsText } from '../../src/top/once.ts';
import type { Flow, Row, Scene } from '../../src/top/scene.ts';
import type { View } from '../../src/top/view.ts';
import { guestName } from './names.ts';
import { bounded } from './random-world.ts';

const bits = fc.oneof(
  fc.integer({ min: 0, max: 2_000_000_000 }),
  fc.double({ min: 0, max: 1e13, noNaN: true }),
);
const perhaps = fc.option(bits, { nil: undefined });
const flow: fc.Arbitrary<Flow> = fc.record({
  rate: bits,
  ceil: bits,
  now: perhaps,
  packets: perhaps,
  drops: perhaps,
  backlog: perhaps,
});
const flows = fc.record({ out: flow, in: flow });
const device = fc.constantFrom('eth0', 'bond0.120', 'enp0s31f6np0d1v');

const row: fc.Arbitrary<Row> = fc.record({
  kind: fc.constantFrom('guest' as const, 'guest' as const, 'group' as const, 'unmarked' as const),
  name: guestName,
  group: fc.option(guestName, { nil: undefined }),
  uplink: fc.option(device, { nil: undefined }),
  flow: fc.option(flows, { nil: undefined, freq: 6 }),
  state: fc.constantFrom('shaped', 'shaped', 'partly', 'unshaped', 'gone', 'left out', undefined),
  left: fc.option(fc.nat(2_000_000_000), { nil: undefined }),
  note: fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), { nil: undefined }),
});

const scene: fc.Arbitrary<Scene> = fc.record({
  at: fc.integer({ min: 0, max: 4e12 }),
  host: fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
  links: fc.array(fc.record({ name: device, flow: flows }), { maxLength: 9 }),
  rows: fc.array(row, { maxLength: 40 }),
  trouble: fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 200 }), { nil: undefined }),
});

const view: fc.Arbitrary<View> = fc.record({
  mode: fc.constantFrom('list', 'list', 'list', 'help', 'sort', 'filter', 'interval'),
  sort: fc.constantFrom(...sortable),
  reversed: fc.boolean(),
  tree: fc.boolean(),
  filter: fc.constantFrom('', '', 'a', '"'),
  uplink: fc.option(device, { nil: undefined, freq: 2 }),
  busyOnly: fc.boolean(),
  paused: fc.boolean(),
  interval: fc.constantFrom(0.1, 1, 3600),
  scroll: fc.nat(60),
  input: fc.constantFrom('', 'out', ...sortable),
});

const size = fc.record({
  columns: fc.oneof(fc.constantFrom(40, 80, 200), fc.integer({ min: 1, max: 250 })),
  rows: fc.integer({ min: 1, max: 60 }),
});

test('exactly as many lines as the terminal has, each exactly as wide, without control characters', () => {
  fc.assert(
    fc.property(scene, view, size, fc.boolean(), (made, how, room, unicode) => {
      const { lines, shown } = renderFrame({ scene: made, view: how, unicode }, room);
      assert.is(lines.length, room.rows);
      for (const line of lines) {
        assert.is(lineWidth(line), room.columns, JSON.stringify(textOf(line)));
        assert.not.match(textOf(line), /\p{Cc}|\p{Zl}|\p{Zp}|\u202e/u);
        assert.is(
          stripVTControlCharacters(paint(line, true)),
          textOf(line),
          'nothing but colours and columns is added',
        );
      }
      assert.ok(shown.first >= 0 && shown.first <= Math.max(0, shown.rows - shown.page));
    }),
    bounded(300),
  );
});

test('as text every guest has its line', () => {
  fc.assert(
    fc.property(scene, (made) => {
      const text = onceAsText(made, 1, true);
      const shown = made.rows.filter(({ kind }) => kind !== 'group').length;
      const above = 2 + made.links.length + (made.trouble ? 1 : 0);
      assert.is(text.split('\n').length - 1, above + shown);
    }),
    bounded(60),
  );
});

test('a figure has at most five characters, and three digits that count', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 9e17, noNaN: true }), (value) => {
      const text = figure(value);
      assert.ok(text.length <= 5, text);
      const scale = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 }[text.slice(-1)] ?? 1;
      const back = Number.parseFloat(text) * scale;
      assert.ok(Math.abs(back - value) <= Math.max(0.5, value * 0.0051), `${value} as ${text}`);
    }),
    bounded(500),
  );
});

test.run();
