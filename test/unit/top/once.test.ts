// One frame as data, and the line above the table: what each kind of row becomes, and of all that is wrong the worst.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { InUse } from '../../../src/observe/read-in-use.ts';
import { renderFrame } from '../../../src/top/frame.ts';
import { press } from '../../../src/top/keys.ts';
import { makeScene } from '../../../src/top/make-scene.ts';
import { onceAsData } from '../../../src/top/once.ts';
import type { Scene } from '../../../src/top/scene.ts';
import { initialView, type View } from '../../../src/top/view.ts';
import { makeInUse, someAllowances } from '../../support/in-use.ts';
import { someScene } from './scene.ts';

interface Data {
  time: string;
  interval: number;
  trouble?: string;
  uplinks: { uplink: string; out: object }[];
  unmarked: { uplink: string; out: { now: number } }[];
  flooded: { uplink: string; in?: object; out?: object }[];
  groups: { group: string; uplink: string }[];
  guests: { guest: string; group?: string; state: string; out?: { packetsPerSecond: number } }[];
  quotas: object[];
  credits: object[];
}

const asData = (scene: Scene, interval = 2) => onceAsData(scene, interval) as Data;

test('each kind of row is in its own list', () => {
  const scene = someScene();
  scene.rows.push({ kind: 'flooded', name: 'flooded', uplink: 'eth0', flow: { out: {}, in: { now: 7 } } });
  scene.rows.push({ kind: 'flooded', name: 'flooded', uplink: 'eth1' });
  const { time, interval, uplinks, unmarked, flooded, groups, guests, ...rest } = asData(scene);
  assert.equal([time, interval], [new Date(scene.at).toISOString(), 2]);
  assert.equal(
    uplinks.map((one) => one.uplink),
    ['eth0', 'bond0.120'],
  );
  assert.equal(
    unmarked.map((one) => [one.uplink, one.out.now]),
    [['eth0', 470_000_000]],
  );
  assert.equal(
    flooded.map((one) => [one.uplink, one.out, Boolean(one.in)]),
    [
      ['eth0', undefined, true],
      ['eth1', undefined, false],
    ],
  );
  assert.equal(
    groups.map((one) => [one.group, one.uplink]),
    [['friends', 'eth0']],
  );
  assert.equal(
    guests.map((one) => [one.guest, one.group, one.state, one.out !== undefined]),
    [
      ['cliff', 'friends', 'shaped', true],
      ['rob', 'friends', 'shaped', true],
      ['jason', undefined, 'shaped', true],
      ['名前のゲスト', undefined, 'shaped', true],
      ['lost', undefined, 'unshaped', false],
      ['free', undefined, 'left out', false],
    ],
  );
  assert.equal([rest.quotas, rest.credits, rest.trouble], [[], [], undefined]);
});

const host = (change: Partial<InUse> = {}) => {
  return { ...makeInUse([{ name: 'cliff', group: 'friends' }, { name: 'jason' }]), ...change };
};
const scene = (change: Partial<InUse> = {}) => makeScene(host(change), undefined, 'kvm1', 0);

test('volumes are told, and trouble', () => {
  const { quotas, credits } = asData(scene({ allowances: someAllowances() }));
  assert.equal([quotas.length, credits.length], [2, 1]);
  assert.match(asData(scene({ loaded: false })).trouble ?? '', 'nothing is loaded');
});

test('what is left of a volume stands at its guest or group, and at no other', () => {
  const rows = scene({ allowances: someAllowances() }).rows.filter(({ left }) => left !== undefined);
  assert.equal(
    rows.map(({ kind, name, left }) => [kind, name, left]),
    [
      ['guest', 'cliff', 1],
      ['guest', 'jason', 1],
      ['group', 'friends', 1],
    ],
    'a member goes by that of its group',
  );
});

test('the line above: nothing loaded, no table, who is shaped in part, nobody there', () => {
  const remark = (change: Partial<InUse>) => {
    const { trouble, note } = scene(change);
    return [trouble?.split(/[;:,]/)[0], note !== undefined];
  };
  assert.equal(remark({}), [undefined, false]);
  assert.equal(remark({ loaded: false, table: 'missing' }), ['nothing is loaded', false]);
  assert.equal(remark({ table: 'missing' }), ['nobody is shaped', false]);
  const nobody = { inForce: { ...host().inForce, uplinks: [] }, uplinks: [] };
  assert.equal(remark({ ...nobody, guests: [] }), [undefined, true]);
  const leftOut = host().guests.map((row) => ({ ...row, state: 'left out' as const }));
  assert.equal(remark({ ...nobody, guests: leftOut }), [undefined, true]);
  assert.equal(remark({ ...nobody, guests: leftOut, table: 'missing' }), [undefined, true]);
  assert.equal(remark({ guests: leftOut }), [undefined, false]);
  const partly = host().guests.map((row) => ({
    ...row,
    state: 'partly' as const,
    faults: [{ kind: 'filter' as never, directions: ['in' as const], reason: `${row.guest} is lost` }],
  }));
  assert.match(scene({ guests: partly.slice(0, 1) }).trouble ?? '', /cliff is lost$/);
  assert.match(
    scene({ guests: partly }).trouble ?? '',
    /cliff is lost; 1 more, virt-shaper status says what$/,
  );
});

test('a screen of any height keeps the keys below, and guests before a header', () => {
  const parts = (rows: number) => {
    const { lines, shown } = renderFrame(
      { scene: someScene(), view: initialView(1), unicode: false },
      { columns: 80, rows },
    );
    const texts = lines.map((line) => line.map(({ text }) => text).join(''));
    return [texts.length, texts.some((text) => /^(\d+-\d+ of \d+ +)?h help/.test(text)), shown.page];
  };
  assert.equal(
    [1, 2, 3, 4, 5, 6, 8, 10].map((rows) => parts(rows).slice(1)),
    [
      [false, 0],
      [false, 1],
      [false, 2],
      [true, 2],
      [true, 2],
      [true, 3],
      [true, 4],
      [true, 5],
    ],
  );
  for (const rows of [1, 2, 3, 4, 5, 6]) assert.is(parts(rows)[0], rows);
});

test('F6 shows the columns to choose from, in the place of the guests', () => {
  const view: View = { ...initialView(1), mode: 'sort', input: 'out' };
  const { lines } = renderFrame({ scene: someScene(), view, unicode: false }, { columns: 80, rows: 24 });
  const texts = lines.map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trim(),
  );
  assert.not.ok(texts.some((text) => text.startsWith('cliff')));
  assert.ok(
    texts.some((text) => /\bout\b/i.test(text)),
    texts.join('\n'),
  );
});

test('what changes which rows there are begins at the top', () => {
  const shown = { uplinks: ['eth0'], first: 5, rows: 300, page: 20, list: [] };
  for (const sequence of ['u', 'i', 'g', 't', 'h', '?']) {
    const next = press({ ...initialView(1), scroll: 5 }, { name: sequence, sequence }, shown) as View;
    assert.is(next.scroll, 0, sequence);
  }
  const typing: View = { ...initialView(1), mode: 'filter', scroll: 5 };
  assert.is((press(typing, { name: 'a', sequence: 'a' }, shown) as View).scroll, 0);
  assert.is((press(typing, { name: 'escape', sequence: '\u001b' }, shown) as View).scroll, 0);
  const filtered = { ...initialView(1), filter: 'x', scroll: 5 };
  assert.is((press(filtered, { name: 'escape', sequence: '\u001b' }, shown) as View).scroll, 0);
  for (const sequence of ['r', 'p', '+']) {
    const next = press({ ...initialView(1), scroll: 5 }, { name: sequence, sequence }, shown) as View;
    assert.is(next.scroll, 5, `${sequence} leaves the rows where they are`);
  }
});

test.run();
