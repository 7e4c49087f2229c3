// The screen of top as a person sees it, at the sizes that terminals have.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { figure, setting } from '../../../src/text/short-figures.ts';
import { type Line, lineWidth, textOf } from '../../../src/text/spans.ts';
import { renderFrame, type Size } from '../../../src/top/frame.ts';
import { onceAsText } from '../../../src/top/once.ts';
import type { Row, Scene } from '../../../src/top/scene.ts';
import { initialView, type View } from '../../../src/top/view.ts';
import { flow, guest, someScene } from './scene.ts';

const small = { columns: 40, rows: 10 };
const usual = { columns: 80, rows: 14 };
const wide = { columns: 200, rows: 50 };

function screen(size: Size, view: Partial<View> = {}, scene: Scene = someScene(), unicode = true): string[] {
  const { lines } = renderFrame({ scene, view: { ...initialView(1), ...view }, unicode }, size);
  assert.is(lines.length, size.rows);
  for (const line of lines) assert.is(lineWidth(line), size.columns, textOf(line));
  return lines.map((line) => textOf(line).trimEnd());
}

const same = (lines: string[], text: string) => assert.is(lines.join('\n'), text.slice(1, -1));

test('80 columns', () => {
  same(
    screen(usual),
    `
virt-shaper  kvm1  07:08:09  every 1 s    4 shaped  1 not  1 left out  12 drop/s
eth0      out  500M of 1G    ━━━━━━━╸─────── in  31.0M of 1G    ╸──────────────
bond0.120 out     0 of 50M   ─────────────── in      0 of 100M  ───────────────
GUEST        GROUP   UPLINK    USE▼   OUT         CEIL    IN         CEIL DROP/S
cliff        friends eth0       99% 29.6M ━━━━━━   30M  210k ╸─────   30M     12
jason                bond0.120  50% 20.0M ━━━───   40M 2.00M ╸─────  100M      0
unmarked             eth0       47%  470M ━━━───    1G 23.0M ╸─────    1G      0
rob          friends eth0       25%     0 ──────   30M 7.50M ━╸────   30M      0
名前のゲスト         eth0        0%     0 ──────   20M     0 ──────   20M      0
lost                           unshaped: vnet7: there is no such device
free                           it has no entry


h help  q quit  < > sort  r reverse  / filter  g groups  Enter explain  u uplink
`,
  );
});

test('40 columns: what matters least gives way', () => {
  same(
    screen(small),
    `
  4 shaped  1 not  1 left out  12 drop/s
eth0      out  500M ━━── in  31.0M ╸───
bond0.120 out     0 ──── in      0 ────
GUEST         USE▼   OUT         IN
cliff          99% 29.6M ━━━━  210k ╸───
jason          50% 20.0M ━━── 2.00M ╸───
unmarked       47%  470M ━━── 23.0M ╸───
rob            25%     0 ──── 7.50M ━───
名前のゲスト    0%     0 ────     0 ────
1-5 of 7  h help  q quit  < > sort
`,
  );
});

test('a column for what is left of volumes, where somebody has one', () => {
  const scene = someScene();
  const [cliff, rob] = scene.rows;
  Object.assign(cliff ?? {}, { left: 0 });
  Object.assign(rob ?? {}, { left: 812_000_000_000 });
  const lines = screen({ columns: 100, rows: 14 }, {}, scene);
  const [titles, ...rows] = lines.slice(3).map((line) => line.split(/ +/));
  assert.equal(titles?.slice(-2), ['BACKLOG', 'LEFT']);
  const last = (name: string) => rows.find(([first]) => first === name)?.at(-1);
  assert.equal(['cliff', 'rob', 'jason'].map(last), ['0', '812G', '0'], lines.join('\n'));
});

test('200 columns have them all, and are used to the last', () => {
  const lines = screen(wide);
  const titles = lines[3]?.split(/ +/);
  assert.equal(
    titles,
    'GUEST GROUP UPLINK USE▼ BOTH OUT RATE CEIL PKT/S IN RATE CEIL PKT/S DROP/S BACKLOG'.split(' '),
  );
  assert.is(lines[3]?.length, 200);
});

test('guests below their groups, in ASCII', () => {
  same(
    screen(usual, { tree: true }, someScene(), false),
    `
virt-shaper  kvm1  07:08:09  every 1 s    4 shaped  1 not  1 left out  12 drop/s
eth0      out  500M of 1G    #######+------- in  31.0M of 1G    +--------------
bond0.120 out     0 of 50M   --------------- in      0 of 100M  ---------------
GUEST        UPLINK    USEv   OUT         CEIL    IN         CEIL DROP/S BACKLOG
friends      eth0       99% 29.6M ######   30M 7.71M #+----   30M      0       0
|- cliff     eth0       99% 29.6M ######   30M  210k +-----   30M     12   94.0k
\`- rob       eth0       25%     0 ------   30M 7.50M #+----   30M      0       0
jason        bond0.120  50% 20.0M ###---   40M 2.00M +-----  100M      0       0
unmarked     eth0       47%  470M ###---    1G 23.0M +-----    1G      0       0
名前のゲスト eth0        0%     0 ------   20M     0 ------   20M      0       0
lost                   unshaped: vnet7: there is no such device
free                   it has no entry

h help  q quit  < > sort  r reverse  / filter  g groups  Enter explain  u uplink
`,
  );
});

test('which uplink each is behind is told where there are several and none is chosen', () => {
  const scene = someScene();
  const titles = (view: Partial<View>, links = scene.links) =>
    screen(usual, view, { ...scene, links }).find((line) => line.startsWith('GUEST')) ?? '';
  assert.match(titles({}), 'UPLINK');
  assert.not.match(titles({ uplink: 'eth0' }), 'UPLINK');
  assert.not.match(titles({}, scene.links.slice(0, 1)), 'UPLINK');
});

test('the column that is sorted by is there however narrow the screen', () => {
  const lines = screen(small, { sort: 'backlog' });
  assert.match(lines[3] ?? '', /BACKLOG/);
  assert.match(lines[4] ?? '', /^cliff .* 94\.0k/);
});

test('trouble is a line above the table, and what was read before stays', () => {
  const lines = screen(usual, {}, { ...someScene(), trouble: 'tc cannot list the qdiscs; it is trying' });
  assert.is(lines[3], '! tc cannot list the qdiscs; it is trying');
  assert.match(lines[5] ?? '', /^cliff/);
});

test('a guest that is shaped in part has its figures, and on a wide screen the reason', () => {
  const scene = someScene();
  scene.rows.push(
    guest('half', flow(1, 1, 20), flow(0, 1, 20), { state: 'partly', note: 'vnet3 has no clsact' }),
  );
  const line = screen(wide, {}, scene).find((one) => one.startsWith('half'));
  assert.match(line ?? '', /1\.00M .* partly: vnet3 has no clsact$/);
});

test('before the second reading there are no speeds', () => {
  const scene = someScene();
  const once = (one: (typeof scene.links)[number]['flow']) => ({
    out: { rate: one.out.rate, ceil: one.out.ceil },
    in: { rate: one.in.rate, ceil: one.in.ceil },
  });
  scene.rows = scene.rows.map((row) => (row.flow ? { ...row, flow: once(row.flow) } : row));
  scene.links = scene.links.map((link) => ({ ...link, flow: once(link.flow) }));
  const lines = screen(usual, {}, scene);
  assert.match(lines[0] ?? '', /- drop\/s$/);
  assert.match(lines[4] ?? '', /^cliff +friends +eth0 +- +- ─+ +30M +- ─+ +30M +-$/);
});

test('more rows than there is room for: those in view, and which they are', () => {
  const scene = someScene();
  scene.rows = Array.from({ length: 300 }, (_none, at) => {
    return guest(`vm-${String(at).padStart(3, '0')}`, flow(0, 1, 20), flow(0, 1, 20));
  });
  const lines = screen(usual, { scroll: 10 }, scene);
  assert.match(lines[4] ?? '', /^vm-010/);
  assert.match(lines[12] ?? '', /^vm-018/);
  assert.match(lines[13] ?? '', /^11-19 of 300 {2}h help/);
  assert.match(screen(usual, { scroll: 5000 }, scene)[12] ?? '', /^vm-299/, 'no further than to the last');
});

test('the marked row is followed wherever it goes, and the window with it', () => {
  const scene = someScene();
  const rows = Array.from({ length: 300 }, (_none, at) => {
    return guest(`vm-${String(at).padStart(3, '0')}`, flow(0, 1, 20), flow(0, 1, 20));
  });
  const marked = (cursor: View['cursor'], now = rows, scroll = 0, size = usual) => {
    const state = {
      scene: { ...scene, rows: now },
      view: { ...initialView(1), scroll, cursor },
      unicode: true,
    };
    const { lines, shown } = renderFrame(state, size);
    const chosen = lines.filter((line) => line.every(({ style }) => style === 'chosen'));
    assert.ok(chosen.length <= 1);
    return { text: chosen.map(textOf).join(''), first: shown.first, page: shown.page };
  };
  assert.is(marked(undefined).text, '');
  const cursor = { row: rows[20] as Row, at: 20 };
  assert.equal([marked(cursor).text.slice(0, 6), marked(cursor).first], ['vm-020', 12]);
  assert.is(marked(cursor, rows, 18).first, 18, 'no further than needed');
  const busy = rows.map((row) =>
    row.name === 'vm-020' ? guest('vm-020', flow(9, 1, 20), flow(0, 1, 20)) : row,
  );
  assert.equal([marked(cursor, busy, 18).text.slice(0, 6), marked(cursor, busy, 18).first], ['vm-020', 0]);
  const others = rows.filter(({ name }) => name !== 'vm-020');
  assert.match(marked(cursor, others).text, /^vm-021/, 'in the place of one that has gone');
  assert.match(marked(cursor, rows.slice(0, 5)).text, /^vm-004/);
  assert.is(marked(cursor, []).text, '');
  // Also where there is room for no other.
  const heights = Array.from({ length: 12 }, (_none, rowsOf) => ({ ...usual, rows: rowsOf + 1 }));
  const low = heights.map((size) => marked(cursor, rows, 0, size)).filter(({ page }) => page >= 1);
  assert.ok(low.length > 3);
  for (const { text } of low) assert.match(text, /^vm-020/);
});

test('who is explained has the screen, in lines that are not cut', () => {
  const view = {
    ...initialView(1),
    mode: 'explain' as const,
    explained: { kind: 'guest' as const, name: 'cliff', from: 0 },
  };
  const read = (page?: Line[]) => renderFrame({ scene: someScene(), view, unicode: true, page }, small).lines;
  assert.match(textOf(read()[0] ?? []), /^reading/);
  const page: Line[] = [
    [
      { text: 'cliff', style: 'strong' },
      { text: ' is shaped on eth0, and the kernel holds what is configured.' },
    ],
    [],
    [{ text: '  ! ', style: 'warning' }, { text: 'x'.repeat(50) }],
  ];
  same(
    read(page).map((line) => textOf(line).trimEnd()),
    `
cliff is shaped on eth0, and the kernel
    holds what is configured.

  !
      ${'x'.repeat(33)}…




Esc back  Up Down scroll
`,
  );
  assert.equal(
    read(page)[0]
      ?.filter(({ style }) => style === 'strong')
      .map(({ text }) => text),
    ['cliff'],
  );
});

test('of many uplinks a few are shown', () => {
  const scene = someScene();
  scene.links = Array.from({ length: 20 }, (_none, at) => {
    return { name: `eth${at}`, flow: { out: flow(at, 1, 100), in: flow(0, 1, 100) } };
  });
  const lines = screen(usual, {}, scene);
  assert.match(lines[2] ?? '', /^eth1 /);
  assert.match(lines[3] ?? '', /^and 18 more uplinks/);
  assert.match(screen(usual, { uplink: 'eth7' }, scene)[1] ?? '', /^eth7 /);
});

test('paused is seen at any width', () => {
  for (const size of [{ columns: 20, rows: 8 }, small, usual, wide]) {
    assert.match(screen(size, { paused: true })[0] ?? '', /PAUSED/);
  }
});

test('as text: every row, names whole, as wide as they need or as narrow as asked', () => {
  const scene = someScene();
  scene.rows = Array.from({ length: 300 }, (_none, at) => guest(`vm-${at}`, flow(0, 1, 20), flow(0, 1, 20)));
  const name = 'x'.repeat(120);
  scene.rows.push(guest(name, flow(1, 1, 20), flow(0, 1, 20)));
  const text = onceAsText(scene, 1, true);
  assert.is(text.match(/^vm-\d+ .*\d$/gm)?.length, 300);
  assert.ok(text.includes(`\n${name} `));
  for (const line of onceAsText(scene, 1, true, 80).split('\n')) assert.ok(line.length <= 80);
});

test('figures have three digits that count', () => {
  const shown: [number | undefined, string][] = [
    [undefined, '-'],
    [0, '0'],
    [0.4, '0'],
    [999.4, '999'],
    [999.6, '1.00k'],
    [9_994, '9.99k'],
    [9_996, '10.0k'],
    [99_940, '99.9k'],
    [99_960, '100k'],
    [999_600, '1.00M'],
    [14_860_000, '14.9M'],
  ];
  for (const [value, text] of shown) assert.is(figure(value), text);
  for (const [value, text] of [
    [30e6, '30M'],
    [1.5e9, '1.5G'],
    [100e6, '100M'],
    [1e3, '1k'],
    [0, '0'],
  ] as const) {
    assert.is(setting(value), text);
  }
});

test('nothing at all', () => {
  const empty = { at: 0, host: '', links: [], rows: [], trouble: 'nothing is loaded' };
  assert.is(screen(usual, {}, empty)[1], '! nothing is loaded');
});

test.run();
