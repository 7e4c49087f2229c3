// Each line of doctor: where its parts stand, when it is broken, and how many there are of each kind in the end.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Finding, Level } from '../../../src/doctor/finding.ts';
import { doctorAsData, reportDoctor } from '../../../src/report/doctor.ts';

const plain = { quiet: false, verbose: false, colours: false };
const finding = (level: Level, more: Partial<Finding> = {}): Finding => {
  return { check: 'x', level, subject: 'eth0', detail: 'why', ...more };
};
const lines = (findings: Finding[], options: object = {}) =>
  reportDoctor([{ title: 'Title', findings }], { ...plain, ...options }).split('\n');

test('the level, the subject and the detail each in their column; a longer subject shifts its own line only', () => {
  assert.equal(
    lines([
      finding('ok'),
      finding('warning', { check: 'y', subject: 'fifteen-letters' }),
      finding('problem', { subject: 'sixteen-letters-' }),
    ]).slice(0, 4),
    [
      'Title',
      ' ok       eth0            why',
      ' warning  fifteen-letters why',
      ' problem  sixteen-letters- why',
    ],
  );
});

test('the sum: problems, warnings, and in any case what is well', () => {
  const sum = (...levels: Level[]) =>
    lines(levels.map((level, at) => finding(level, { check: `${at}` }))).at(-2);
  assert.is(sum('ok', 'ok'), '2 ok');
  assert.is(sum('ok', 'warning'), '1 warning, 1 ok');
  assert.is(sum('warning', 'warning'), '2 warnings, 0 ok');
  assert.is(sum('problem'), '1 problem, 0 ok');
  assert.is(sum('ok', 'problem', 'warning', 'problem'), '2 problems, 1 warning, 1 ok');
});

test('a detail is broken at the width, and goes on below itself', () => {
  const detail = 'aaa bbb ccc ddd eee fff';
  assert.equal(lines([finding('ok', { detail })], { width: 46 }).slice(1, 3), [
    ' ok       eth0            aaa bbb ccc ddd eee',
    '                          fff',
  ]);
  assert.is(
    lines([finding('ok', { detail })], { width: 45 })[1],
    ` ok       eth0            ${detail}`,
    'no room at all',
  );
  assert.equal(lines([finding('ok', { detail })], { width: 49 })[1], ` ok       eth0            ${detail}`);
  assert.equal(lines([finding('ok', { detail })], { width: 48 })[2], '                          fff');
});

test('what to do stands below, whole; what is known only where it is asked for, and broken', () => {
  const note = 'aaa bbb ccc ddd eee fff';
  const one = finding('problem', { hint: 'first\nsecond', note });
  assert.equal(lines([one]).slice(2, 5), [
    '                            first',
    '                            second',
    '',
  ]);
  assert.equal(lines([one], { verbose: true, width: 50 }).slice(3, 6), [
    '                            second',
    '                            aaa bbb ccc ddd eee',
    '                            fff',
  ]);
  assert.equal(lines([finding('ok', { note })], { verbose: false }).length, 5);
});

test('six alike are four and a line; of another check or level each is shown', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_none, at) => finding('problem', { subject: `g${at}`, hint: 'h' }));
  const subjects = (findings: Finding[]) =>
    lines(findings)
      .filter((line) => /^ (problem|warning)/.test(line))
      .map((line) => line.slice(10).trim());
  assert.equal(subjects(many(5)).length, 5);
  assert.equal(subjects(many(6)).slice(4), ['...             and 2 more like these, which --json lists']);
  assert.equal(subjects([...many(5), finding('problem', { check: 'y' })]).length, 6);
  assert.equal(subjects([...many(5), finding('warning')]).length, 6);
  assert.is(
    lines(many(6)).filter((line) => line.trim() === 'h').length,
    4,
    'what to do is not repeated for the rest',
  );
});

test('quiet: no section without a fault, no sum', () => {
  const sections = [
    { title: 'Well', findings: [finding('ok')] },
    { title: 'Ill', findings: [finding('ok'), finding('warning')] },
  ];
  assert.is(reportDoctor(sections, { ...plain, quiet: true }), 'Ill\n warning  eth0            why\n');
  assert.is(
    reportDoctor(sections, plain),
    'Well\n ok       eth0            why\n\nIll\n ok       eth0            why\n warning  eth0            why\n\n1 warning, 2 ok\n',
  );
});

test('colours of the levels, in the lines and in the sum', () => {
  const text = lines(
    [finding('ok'), finding('warning', { check: 'y' }), finding('problem', { check: 'z' })],
    {
      colours: true,
    },
  );
  const esc = '\u001b[';
  assert.equal(
    text.slice(0, 4).map((line) => line.replace(/ {2}.*/, '')),
    [
      `${esc}1mTitle${esc}0m`,
      ` ${esc}2mok${esc}0m`,
      ` ${esc}33mwarning${esc}0m`,
      ` ${esc}1;31mproblem${esc}0m`,
    ],
  );
  assert.is(text.at(-2), `${esc}1;31m1 problem${esc}0m, ${esc}33m1 warning${esc}0m, 1 ok`);
});

test('as data: every finding with its section, and the worst of all', () => {
  const data = doctorAsData([
    { title: 'A', findings: [finding('ok')] },
    { title: 'B', findings: [finding('warning')] },
  ]);
  assert.equal(
    [data.version, data.worst, data.findings.map(({ section }) => section)],
    [1, 'warning', ['A', 'B']],
  );
});

test.run();
