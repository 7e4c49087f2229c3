// The lines of top around the table: what each says in its exact words, and what gives way on a narrow screen.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Line, lineWidth, textOf } from '../../../src/text/spans.ts';
import { ascii } from '../../../src/top/bar.ts';
import { footer } from '../../../src/top/footer.ts';
import { renderFrame } from '../../../src/top/frame.ts';
import { linkLines, titleLine } from '../../../src/top/header.ts';
import { helpLines, sortLines, sortPlace } from '../../../src/top/help.ts';
import type { Row, Scene, UplinkFlow } from '../../../src/top/scene.ts';
import { head, tableLine } from '../../../src/top/table.ts';
import { initialView, type View } from '../../../src/top/view.ts';
import { flow, guest, someScene } from './scene.ts';

const start = initialView(1);
const said = (line: Line) => textOf(line).trimEnd();
const styled = (line: Line) =>
  line.filter(({ text }) => text.trim() !== '').map(({ text, style = 'plain' }) => `${text.trim()} ${style}`);

const shown = { uplinks: [], first: 0, rows: 5, page: 10 };
const hints =
  'h help  q quit  < > sort  r reverse  / filter  g groups  Enter explain  u uplink  i busy only  p pause  d interval';

test('the last line: the keys, and before them which rows are seen', () => {
  const line = (view: Partial<View>, more: Partial<typeof shown> = {}, width = 200) =>
    said(footer({ ...start, ...view }, { ...shown, ...more }, width));
  assert.is(line({}), hints);
  assert.is(line({}, { rows: 10 }), hints, 'all of them are seen');
  assert.is(line({}, { rows: 11 }), `1-10 of 11  ${hints}`);
  assert.is(line({}, { rows: 300, first: 20 }), `21-30 of 300  ${hints}`);
  assert.is(line({}, { rows: 25, first: 20 }), `21-25 of 25  ${hints}`);
  assert.is(line({ filter: 'a b' }), `5 with "a b"  ${hints}`);
  assert.is(line({ uplink: 'eth0' }), `5 on eth0  ${hints}`);
  assert.is(line({ busyOnly: true }, { rows: 10 }), `10 busy  ${hints}`);
  assert.is(
    line({ filter: 'x', uplink: 'eth0', busyOnly: true }, { rows: 11 }),
    `1-10 of 11  with x on eth0 busy  ${hints}`,
  );
  assert.equal(styled(footer({ ...start, filter: 'x' }, { ...shown, rows: 11 }, 30)), [
    '1-10 of 11 plain',
    'with x strong',
    'h help dim',
  ]);
});

test('a key that has no room is left out with all that follow', () => {
  const at = (width: number) => said(footer(start, shown, width));
  assert.is(at(6), 'h help');
  assert.is(at(5), '');
  assert.is(at(14), 'h help  q quit');
  assert.is(at(13), 'h help');
  for (const width of [1, 6, 40, 113, 200]) assert.is(lineWidth(footer(start, shown, width)), width);
});

test('the last line of each question and of each other screen', () => {
  const line = (view: Partial<View>, width = 80) => said(footer({ ...start, ...view }, shown, width));
  assert.is(line({ mode: 'filter', input: '' }), 'Names with: _  Enter keeps it, Esc shows all');
  assert.is(line({ mode: 'filter', input: 'a b' }), 'Names with: "a b"_  Enter keeps it, Esc shows all');
  assert.is(
    line({ mode: 'interval', input: '2', interval: 0.5 }),
    'Seconds between two readings: 2_  now 0.5',
  );
  assert.is(line({ mode: 'sort' }), 'Up Down  Enter takes it  Esc leaves');
  assert.is(line({ mode: 'help' }), 'any key leads back  Up Down scroll');
  assert.is(line({ mode: 'explain' }), 'Esc back  Up Down scroll');
  assert.equal(styled(footer({ ...start, mode: 'filter', input: 'x' }, shown, 80)), [
    'Names with: strong',
    'x plain',
    '_ chosen',
    'Enter keeps it, Esc shows all dim',
  ]);
});

const scene = (change: Partial<Scene> = {}): Scene => ({ ...someScene(), ...change });

test('the first line: who is shaped, who is not, who is left out, what is dropped', () => {
  const right = (rows: Row[], links: UplinkFlow[] = []) =>
    said(titleLine(scene({ rows, links }), start, 120)).replace(/^.*every 1 s +/, '');
  const one = (name: string, more: Partial<Row> = {}) => guest(name, flow(0, 1, 2), flow(0, 1, 2), more);
  assert.is(right([]), '0 shaped  - drop/s');
  assert.is(right([one('a')]), '1 shaped  - drop/s');
  assert.is(right([one('a'), one('a', { uplink: 'eth1' })]), '1 shaped  - drop/s', 'a guest counts once');
  assert.is(right([one('a'), one('a', { state: 'partly' })]), '0 shaped  1 not  - drop/s');
  assert.is(right([one('a', { state: 'left out' })]), '0 shaped  1 left out  - drop/s');
  const links = someScene().links;
  assert.is(right([one('a'), one('b', { state: 'gone' })], links), '1 shaped  1 not  12 drop/s');
  const [first] = links;
  assert.is(right([], first ? [first, first] : []), '0 shaped  24 drop/s');
  const quiet = { name: 'eth0', flow: { out: flow(0, 1, 2), in: flow(0, 1, 2) } };
  const drops = (some: UplinkFlow[]) => styled(titleLine(scene({ rows: [], links: some }), start, 80)).at(-1);
  assert.is(drops([quiet]), '0 drop/s dim');
  assert.is(drops(links), '12 drop/s above');
  assert.is(drops([]), '- drop/s dim');
  assert.equal(styled(titleLine(scene(), start, 120)), [
    'virt-shaper strong',
    'kvm1 plain',
    '07:08:09 plain',
    'every 1 s dim',
    '4 shaped plain',
    '1 not warning',
    '1 left out dim',
    '12 drop/s above',
  ]);
});

test('a narrower first line loses the host, then the name, then the interval; never that it is paused', () => {
  const right = '4 shaped  1 not  1 left out  12 drop/s';
  const at = (width: number, view: Partial<View> = {}) => {
    const line = titleLine(scene(), { ...start, ...view }, width);
    assert.is(lineWidth(line), width);
    return textOf(line);
  };
  assert.is(right.length, 38);
  const parts: [number, string][] = [
    [78, 'virt-shaper  kvm1  07:08:09  every 1 s  '],
    [77, 'virt-shaper  07:08:09  every 1 s       '],
    [72, 'virt-shaper  07:08:09  every 1 s  '],
    [71, '07:08:09  every 1 s              '],
    [59, '07:08:09  every 1 s  '],
    [58, '07:08:09            '],
    [48, '07:08:09  '],
    [47, '         '],
  ];
  for (const [width, left] of parts) assert.is(at(width), left + right, `${width} columns`);
  assert.is(at(38), right);
  assert.is(at(56, { paused: true }), `07:08:09  PAUSED  ${right}`);
  assert.is(at(55, { paused: true }), `PAUSED           ${right}`);
  assert.match(at(20, { paused: true }), /^PAUSED {2}4 shaped/);
  assert.is(at(120, { interval: 0.5 }).includes('every 0.5 s'), true);
  const early = new Date(2024, 4, 6, 23, 5, 0).getTime();
  assert.match(textOf(titleLine(scene({ at: early }), start, 120)), ' 23:05:00 ');
});

const link = (name: string): UplinkFlow => ({ name, flow: { out: flow(5, 10, 10), in: flow(1, 20, 20) } });

test('uplinks: each has its figures, with the ceil where there is room', () => {
  const at = (width: number, name = 'eth0') => textOf(linkLines([link(name)], width, 1, ascii)[0] ?? []);
  assert.is(at(70), 'eth0 out 5.00M of 10M   ######+------ in  1.00M of 20M   +------------');
  assert.is(at(60), 'eth0 out 5.00M of 10M   ####---- in  1.00M of 20M   +-------');
  assert.is(at(59), 'eth0 out 5.00M ########-------- in  1.00M #--------------- ');
  assert.is(at(40), 'eth0 out 5.00M ###+--- in  1.00M +------');
  assert.is(at(30), 'eth0 out 5.00M #- in  1.00M +-');
  assert.is(at(29), 'eth0 out 5.00M  in  1.00M    ', 'no bar of one column');
  assert.is(at(40, 'enp5s0f1np1'), 'enp5s0f1n… out 5.00M ##-- in  1.00M +---');
  const [line = []] = linkLines([link('eth0')], 40, 1, ascii);
  assert.equal(styled(line).slice(0, 4), ['eth0 strong', 'out dim', '5.00M plain', '###+ below']);
  for (const width of [1, 20, 30, 40, 59, 60, 200])
    assert.is(lineWidth(linkLines([link('eth0')], width, 1, ascii)[0] ?? []), width);
});

test('names of uplinks are as wide as the longest that is shown, or a quarter of the screen', () => {
  const starts = (names: string[], width: number) =>
    linkLines(names.map(link), width, names.length, ascii).map((line) => textOf(line).split(' out ')[0]);
  assert.equal(starts(['eth0', 'bond0.120'], 80), ['eth0     ', 'bond0.120']);
  assert.equal(starts(['e', 'ab'], 80), ['e ', 'ab']);
  assert.equal(starts(['enp5s0f1np1'], 40), ['enp5s0f1n…']);
  assert.equal(starts(['enp5s0f1np1'], 12), ['enp…']);
});

test('uplinks without room: the last line counts the others', () => {
  const names = ['a', 'b', 'c', 'd'].map(link);
  const lines = (room: number) =>
    linkLines(names, 60, room, ascii).map((line) => said(line).split(' out')[0]);
  assert.equal(lines(5), ['a', 'b', 'c', 'd']);
  assert.equal(lines(4), ['a', 'b', 'c', 'd']);
  assert.equal(lines(3), ['a', 'b', 'and 2 more uplinks (u shows one at a time)']);
  assert.equal(lines(1), ['and 4 more uplinks (u shows one at a time)']);
  assert.equal(lines(0), []);
  assert.equal(linkLines([], 60, 0, ascii), []);
});

test('the help: its keys side by side with what they do, and its words', () => {
  const lines = helpLines(100).map(said);
  assert.is(lines[0], 'q F10 Ctrl-C    quit');
  assert.is(lines[2], '< > Left Right  sort by the column beside');
  assert.is(lines[13], 'Up Down k j     mark a guest or group; PgUp PgDn Home End too');
  assert.is(lines[16], '');
  assert.is(
    lines[19],
    'OUT is what a guest sends, IN what it receives, in bits per second: 14.9M is 14,900,000.',
  );
  assert.is(lines.length, 22);
  const narrow = helpLines(40).map(said);
  assert.equal(
    narrow.filter((line) => /mark a|PgUp/.test(line)),
    ['Up Down k j     mark a guest or group;', '                PgUp PgDn Home End too'],
  );
  assert.equal(styled(helpLines(100)[0] ?? []), ['q F10 Ctrl-C strong', 'quit plain']);
  for (const width of [30, 40, 100]) for (const line of helpLines(width)) assert.is(lineWidth(line), width);
});

test('the columns to sort by: a title, a line for each, the chosen one marked', () => {
  const lines = sortLines('both', 60);
  assert.is(said(lines[0] ?? []), 'Sort by');
  assert.is(said(lines[1] ?? []), ' GUEST    guest, by name');
  assert.is(said(lines[5] ?? []), ' BOTH     bit/s out and in together');
  const chosen = lines.flatMap((line, at) => (line[0]?.style === 'chosen' ? [at] : []));
  assert.equal(chosen, [5]);
  assert.is(sortPlace('both'), 5);
  assert.is(sortPlace('guest'), 1);
  assert.equal(
    lines[0]?.map(({ style }) => style),
    ['head', 'head'],
  );
  for (const line of lines) assert.is(lineWidth(line), 60);
});

test('the columns to sort by are scrolled so that the chosen one is seen', () => {
  const at = (input: View['input'], rows: number) => {
    const state = {
      scene: scene({ links: [] }),
      view: { ...start, mode: 'sort' as const, input },
      unicode: false,
    };
    const { lines } = renderFrame(state, { columns: 60, rows });
    return { first: said(lines[1] ?? []), chosen: lines.findIndex((line) => line[0]?.style === 'chosen') };
  };
  assert.equal(at('guest', 10), { first: 'Sort by', chosen: 2 });
  assert.equal(at('in', 10), { first: ' USE      share of its ceil in the fuller direction', chosen: 7 });
  assert.equal(at('note', 10), { first: ' IN       bit/s in: what it receives', chosen: 8 });
  assert.is(at('note', 30).chosen, 18);
});

test('the head of the table: an arrow at the column that it is sorted by', () => {
  const placed = [
    { id: 'guest' as const, width: 8 },
    { id: 'use' as const, width: 4 },
    { id: 'drops' as const, width: 6 },
  ];
  const text = (view: Partial<View>, width = 22) => textOf(head(placed, { ...start, ...view }, ascii, width));
  assert.is(text({}), 'GUEST    USEv DROP/S  ');
  assert.is(text({ reversed: true }), 'GUEST    USE^ DROP/S  ');
  assert.is(text({ sort: 'guest' }), 'GUEST^    USE DROP/S  ');
  assert.is(text({ sort: 'guest', reversed: true }), 'GUESTv    USE DROP/S  ');
  assert.is(text({ sort: 'drops' }), 'GUEST     USE DROP/S  ', 'no room for an arrow');
  assert.equal(
    head(placed, start, ascii, 22).map(({ style }) => style),
    ['head', 'head', 'chosen', 'head', 'head', 'head'],
  );
});

test('a line of the table: its branch, its cells, and who has no class says why', () => {
  const placed = [
    { id: 'guest' as const, width: 8 },
    { id: 'uplink' as const, width: 6 },
    { id: 'out' as const, width: 5 },
  ];
  const row = guest('web', flow(5, 1, 10), flow(0, 1, 10));
  const text = (one: Row, below?: 'more' | 'last', width = 24) =>
    textOf(tableLine({ row: one, ...(below ? { below } : {}) }, placed, ascii, width));
  assert.is(text(row), 'web      eth0   5.00M   ');
  assert.is(text(row, 'more'), '|- web   eth0   5.00M   ');
  assert.is(text(row, 'last'), '`- web   eth0   5.00M   ');
  const lost: Row = { kind: 'guest', name: 'web', state: 'unshaped', note: 'why' };
  assert.is(text(lost, undefined, 40), 'web             unshaped: why           ');
  const style = (one: Row) =>
    tableLine({ row: one }, placed, ascii, 40).find(({ text: t }) => t.includes('why'))?.style;
  assert.is(style(lost), 'warning');
  assert.is(style({ ...lost, state: 'left out' }), 'dim');
  const narrow = [{ id: 'guest' as const, width: 2 }];
  assert.is(textOf(tableLine({ row, below: 'more' }, narrow, ascii, 2)), '|…');
  assert.equal(styled(tableLine({ row, below: 'last' }, placed, ascii, 24)).slice(0, 2), [
    '`- dim',
    'web plain',
  ]);
});

test.run();
