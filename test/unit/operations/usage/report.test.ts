// Which options of `usage` go together, which time they mean, and who is shown for a name.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeLedger, encodeMonth } from '../../../../src/ledger/decode.ts';
import { type MonthAccount, newAccount, newLedger } from '../../../../src/ledger/ledger.ts';
import { noPeaks } from '../../../../src/ledger/peaks.ts';
import type { LedgerSubject } from '../../../../src/ledger/subject.ts';
import type { Context } from '../../../../src/operations/context.ts';
import { reportUsage, type UsageOptions } from '../../../../src/operations/usage/report.ts';
import { pageHead } from '../../../../src/report/usage/page.ts';
import { Failure } from '../../../../src/system/errors.ts';
import { addMonths, dayOf, monthOf } from '../../../../src/units/days.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-usage-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

function report(options: UsageOptions, names: string[] = []) {
  const context = { paths: { usage: folder } } as unknown as Context;
  return reportUsage(context, names, options, { colours: false });
}

function refusal(options: UsageOptions): string {
  try {
    report(options);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

const asData = (options: UsageOptions, names?: string[]) =>
  JSON.parse(report({ ...options, json: true }, names).text);

test('what does not go together is refused, and nothing else', () => {
  const month = '2026-11';
  const since = '2026-11-03';
  assert.match(refusal({ month, since }), '--month and --since');
  assert.match(refusal({ day: true, months: true }), '--day and --months');
  assert.match(refusal({ json: true, csv: true }), 'one of');
  assert.match(refusal({ csv: true, html: 'x' }), 'one of');
  assert.match(refusal({ p95: true, day: true }), 'whole months');
  assert.match(refusal({ p95: true, since }), 'whole months');
  for (const more of [{ since }, { day: true }, { months: true }])
    assert.match(refusal({ html: 'x', ...more }), '--html shows a month');
  assert.match(refusal({ month: '2026-13' }), 'a month as 2026-11');
  assert.match(refusal({ since: 'yesterday' }), 'a day as 2026-11-30');
  for (const fine of [
    { month },
    { since },
    { day: true },
    { months: true },
    { json: true },
    { csv: true },
    { p95: true },
    { p95: true, month },
    { p95: true, months: true },
    { p95: true, months: true, since },
  ])
    assert.is(refusal(fine), '', JSON.stringify(fine));
});

test('the time that is meant', () => {
  const today = dayOf(Date.now());
  const times = (options: UsageOptions) => {
    const { from, until } = asData(options);
    return [from, until];
  };
  assert.equal(times({ month: '2024-02' }), ['2024-02-01', '2024-02-29']);
  assert.equal(times({ since: '2024-02-03' }), ['2024-02-03', today]);
  assert.equal(times({ since: '2999-01-01' }), ['2999-01-01', '2999-01-01']);
  assert.equal(times({ months: true }), [`${addMonths(monthOf(today), -13)}-01`, today]);
  const [from, until] = times({});
  assert.is(from, `${monthOf(today)}-01`);
  assert.is(until.slice(0, 7), monthOf(today));
});

const month = '2026-10';

/** Two guests of a group, one of none, and an uplink's traffic of nobody and for nobody. */
function putMonth(): void {
  const account = (group?: string): MonthAccount => ({
    ...(group === undefined ? {} : { group }),
    days: new Map([['07', { out: 1000, in: 2000 }]]),
    peaks: { out: noPeaks, in: noPeaks },
  });
  const accounts = new Map<LedgerSubject, MonthAccount>([
    ['guest cliff', account('friends')],
    ['guest jason', account()],
    ['guest rob', account('friends')],
    ['group friends', account()],
    ['uplink eth0', account()],
    ['unmarked eth0', account()],
    ['flooded eth0', account()],
  ]);
  writeFileSync(join(folder, `${month}.json`), encodeMonth({ month, accounts }));
}

test('without a name all of a kind, with names those of them and of their groups', () => {
  putMonth();
  const shown = (options: UsageOptions, ...names: string[]) =>
    asData({ month, ...options }, names).usage.map(
      ({ kind, name }: LedgerSubject & { kind: string; name: string }) =>
        kind === 'guest' ? name : `${kind} ${name}`,
    );
  assert.equal(shown({}), ['cliff', 'jason', 'rob']);
  assert.equal(shown({}, 'jason'), ['jason']);
  assert.equal(shown({}, 'friends'), ['cliff', 'rob']);
  assert.equal(shown({}, 'j*', 'rob'), ['jason', 'rob']);
  assert.equal(shown({ group: true }), ['group friends']);
  assert.equal(shown({ uplink: true }), ['uplink eth0', 'unmarked eth0', 'flooded eth0']);
});

test('the 95th percentile is where it is asked for, in every form, and nowhere else', () => {
  putMonth();
  const forms = (options: UsageOptions) => [
    report({ month, ...options }).text.includes(' 95 %'),
    report({ month, csv: true, ...options }).text.includes('_p95_'),
    asData({ month, ...options }).usage[0].p95 !== undefined,
  ];
  assert.equal(forms({ p95: true }), [true, true, true]);
  assert.equal(forms({ p95: false }), [false, false, false]);
  assert.equal(forms({}), [false, false, false]);
});

test('each name has to be of that kind, also beside one that is', () => {
  putMonth();
  for (const [options, names, hint] of [
    [{}, ['jason', 'clif'], 'did you mean cliff?'],
    [{}, ['eth0'], 'virt-shaper usage shows who is known'],
    [{ group: true }, ['cliff'], 'virt-shaper usage shows who is known'],
    [{ uplink: true }, ['eth1'], 'did you mean eth0?'],
  ] as [UsageOptions, string[], string][]) {
    try {
      report({ month, ...options }, names);
      assert.unreachable(names.join());
    } catch (error) {
      assert.instance(error, Failure);
      assert.equal(
        [(error as Failure).message, (error as Failure).hint],
        [`nothing is known of ${names.at(-1)}`, hint],
      );
    }
  }
});

test('a page is no text, has those who are asked for, and none is made of a month without anybody', () => {
  putMonth();
  const { text, html = '' } = report({ month, html: 'x' }, ['friends']);
  assert.is(text, '');
  assert.ok(html.startsWith(pageHead));
  assert.match(html, 'cliff');
  assert.not.match(html, 'jason');
  assert.not.match(html, 'Counted until', 'the month is over');
  assert.is(report({ month }).html, undefined);
  assert.is(refusal({ month: '2024-02', html: 'x' }), 'nothing was used in 2024-02');
});

test('of a month that goes on it is said until which minute it is counted, of another one nothing', () => {
  putMonth();
  const account = { ...newAccount(), day: { out: 1000, in: 2000 } };
  const wall = new Date(2026, 10, 3, 19, 5).getTime();
  const accounts = new Map([['guest cliff' as const, account]]);
  const running = { ...newLedger('id'), wall, day: '2026-11-03', accounts };
  writeFileSync(join(folder, 'now.json'), encodeLedger(running));
  const page = (of: string) => report({ month: of, html: 'x' }).html ?? '';
  assert.match(page('2026-11'), '<p>Counted until 2026-11-03 19:05. The month goes on.</p>');
  assert.match(page('2026-11'), 'of the month so far');
  assert.not.match(page(month), 'Counted until');
  assert.match(page(month), 'of the whole month');
  assert.ok(report({ month }).text.startsWith(`${month}, counted until 2026-11-03 19:05\n`));
});

test.run();
