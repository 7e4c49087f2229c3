// Doctor's page: what is shown, in which width, and never more of one kind than a person reads.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Finding, Section } from '../../../src/doctor/finding.ts';
import { doctorAsData, reportDoctor } from '../../../src/report/doctor.ts';
import { widthOf } from '../../../src/text/spans.ts';

const options = { quiet: false, verbose: false, colours: false };

const sections: Section[] = [
  {
    title: 'Tools',
    findings: [{ check: 'tool.tc', level: 'ok', subject: 'tc', detail: '6.1.0', note: 'known' }],
  },
  {
    title: 'Network',
    findings: [
      {
        check: 'root-qdisc',
        level: 'problem',
        subject: 'eth0',
        detail: 'a root qdisc',
        hint: 'tc qdisc del\nor leave it',
      },
      { check: 'marks', level: 'warning', subject: 'marks', detail: 'evil\u001b[31m' },
    ],
  },
];

test('a page', () => {
  assert.is(
    reportDoctor(sections, options),
    `Tools
 ok       tc              6.1.0

Network
 problem  eth0            a root qdisc
                            tc qdisc del
                            or leave it
 warning  marks           evil\u241b[31m

1 problem, 1 warning, 1 ok
`,
  );
});

test('quiet shows only what is wrong, verbose also what is known', () => {
  const quiet = reportDoctor(sections, { ...options, quiet: true });
  assert.not.match(quiet, 'Tools');
  assert.not.match(quiet, '1 ok');
  assert.match(quiet, 'eth0');
  assert.is(reportDoctor(sections.slice(0, 1), { ...options, quiet: true }), '');
  assert.match(reportDoctor(sections, { ...options, verbose: true }), '  known\n');
});

test('colours only where they are wanted', () => {
  assert.not.match(reportDoctor(sections, options), '\u001b');
  assert.match(reportDoctor(sections, { ...options, colours: true }), '\u001b[1;31mproblem\u001b[0m  eth0');
});

test('lines end where the screen does, at any width', () => {
  const detail = Array.from({ length: 30 }, (_, at) => `word${at}`).join(' ');
  const long: Section[] = [
    {
      title: 'X',
      findings: [{ check: 'x', level: 'warning', subject: 'a-rather-long-subject', detail, note: detail }],
    },
  ];
  for (const width of [60, 80, 200]) {
    const lines = reportDoctor(long, { ...options, verbose: true, width }).split('\n');
    assert.ok(
      lines.every((line) => line.length <= width),
      `${width}: ${Math.max(...lines.map(({ length }) => length))}`,
    );
    assert.is(lines.join(' ').match(/word29/g)?.length, 2);
  }
  assert.type(reportDoctor(long, { ...options, width: 10 }), 'string');
});

test('a command is never broken', () => {
  const hint = 'virsh domiftune cliff vnet0 --inbound 0 --outbound 0 --live';
  const findings: Finding[] = [{ check: 'x', level: 'warning', subject: 'x', detail: 'y', hint }];
  assert.match(reportDoctor([{ title: 'X', findings }], { ...options, width: 60 }), hint);
});

test('a thousand alike are four and a number; --json has them all', () => {
  const findings = Array.from({ length: 1000 }, (_, at): Finding => {
    return {
      check: 'guest.unnoted',
      level: 'problem',
      subject: `g${at}`,
      detail: 'runs',
      hint: 'virt-shaper sync',
    };
  });
  const page = reportDoctor([{ title: 'Guests', findings }], options);
  assert.match(page, 'and 996 more like these, which --json lists');
  assert.is(page.split('\n').length, 13);
  assert.match(page, '1000 problems');
  const data = doctorAsData([{ title: 'Guests', findings }]);
  assert.equal([data.worst, data.findings.length, data.findings[999]?.subject], ['problem', 1000, 'g999']);
  const five = reportDoctor([{ title: 'Guests', findings: findings.slice(0, 5) }], options);
  assert.match(five, 'g4', 'one more is no shorter');
});

test('details stand below each other, however wide the letters of a name are', () => {
  const finding = (subject: string) => ({ check: 'x', level: 'ok' as const, subject, detail: 'why' });
  const title = 'T';
  const findings = ['eth0', '名前のゲスト', 'a name that is longer than the column'].map(finding);
  const text = reportDoctor([{ title, findings }], { quiet: false, verbose: false, colours: false });
  const [, plain = '', wide = '', long = ''] = text.split('\n');
  assert.is(widthOf(plain.slice(0, plain.indexOf('why'))), widthOf(wide.slice(0, wide.indexOf('why'))));
  assert.match(long, 'column why');
});

test.run();
