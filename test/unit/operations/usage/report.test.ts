// Which options of `usage` go together, and which time they mean.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../../src/operations/context.ts';
import { reportUsage, type UsageOptions } from '../../../../src/operations/usage/report.ts';
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

test.run();
