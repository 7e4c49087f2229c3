// The words of virt-shaper limit: every mistake is an error of usage that says what to write, before anything is read.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type LimitOptions, wantedOf } from '../../../../src/commands/policy/limit.ts';
import { ConfigError } from '../../../../src/system/errors.ts';

function problemOf(options: LimitOptions, name = 'cliff'): string {
  try {
    wantedOf(name, options);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [problem] = error.problems;
    return `${problem?.message}${problem?.hint ? `; ${problem.hint}` : ''}`;
  }
}

const wrong: [string, LimitOptions, RegExp][] = [
  ['nothing', {}, /nothing is said of how much; --ceil, --rate, or --in and --out with a rate/],
  ['a direction only', { in: true }, /nothing is said of how much/],
  ['a ceil of 0', { ceil: '0' }, /--ceil 0 would cut it off.*virsh domif-setlink/],
  ['a ceil of 0mbit', { ceil: '0mbit' }, /would cut it off/],
  ['a rate of 0 in a direction', { out: '0.0' }, /--out 0 would cut it off/],
  ['a negative ceil', { ceil: '-5mbit' }, /--ceil "-5mbit" is negative/],
  ['no rate', { ceil: 'fast' }, /--ceil "fast" is not a rate; rates look like/],
  ['a typing mistake', { in: '5mbti' }, /--in "5mbti" is not a rate \(did you mean "5mbit"\?\)/],
  ['a percentage', { ceil: '50%' }, /is a percentage/],
  ['a guarantee above its ceil', { ceil: '5mbit', rate: '6mbit' }, /--rate is more than the ceil \(out\)/],
  ['or above that of one direction', { in: '5mbit', rate: '6mbit' }, /--rate is more than the ceil \(in\)/],
  ['a guarantee of a group', { rate: '5mbit', group: true }, /a group has no rate of its own/],
  ['two kinds', { ceil: '5mbit', group: true, unmarked: true }, /--group and --unmarked/],
  ['two ends', { ceil: '5mbit', for: '2h', until: '20:00' }, /both say when it ends/],
  [
    'a time that has no unit',
    { ceil: '5mbit', for: '2' },
    /--for "2" has no unit; did you mean "2min" or "2h"/,
  ],
  ['no time', { ceil: '5mbit', for: 'ever' }, /--for "ever" is not a time/],
  ['a time of nothing', { ceil: '5mbit', for: '0h' }, /--for "0h" is no time at all/],
  [
    'a moment that has passed',
    { ceil: '5mbit', until: '2020-01-01 00:00' },
    /--until "2020-01-01 00:00" has passed/,
  ],
  ['no moment', { ceil: '5mbit', until: 'noon' }, /--until "noon" is not a moment/],
  ['a long reason', { ceil: '5mbit', why: 'x'.repeat(201) }, /--why takes 200 characters/],
  ['a value to lift', { lift: true, ceil: '5mbit', why: 'x' }, /it goes without --ceil, --why/],
];
for (const [what, options, problem] of wrong) {
  test(`${what} is refused`, () => assert.match(problemOf(options), problem));
}

test('an empty name is refused', () => assert.match(problemOf({ ceil: '5mbit' }, ''), 'the name is empty'));

test('what is right gets past', () => {
  const right: LimitOptions[] = [
    { ceil: '5mbit' },
    { ceil: '5mbit', in: true, for: '2h', why: 'a report' },
    { in: '5mbit', out: '3mbit', rate: '1mbit' },
    { ceil: '5mbit', in: '3mbit', until: '20:00' },
    { ceil: '5mbit', group: true },
    { rate: '5mbit', unmarked: true },
    { lift: true },
  ];
  for (const options of right) assert.is(problemOf(options), '', JSON.stringify(options));
});

test('both ways, unless one is named', () => {
  const [one, two] = [5_000_000, 1_000_000];
  const rates = (options: LimitOptions) => {
    const { ceil, rate } = wantedOf('cliff', options);
    return [ceil, rate];
  };
  assert.equal(rates({ ceil: '5mbit' }), [{ out: one, in: one }, undefined]);
  assert.equal(rates({ ceil: '5mbit', rate: '1mbit', in: true }), [{ in: one }, { in: two }]);
  assert.equal(rates({ ceil: '5mbit', in: true, out: true }), [{ out: one, in: one }, undefined]);
  assert.equal(rates({ in: '5mbit', rate: '1mbit' }), [{ in: one }, { out: two, in: two }]);
  assert.equal(rates({ ceil: '5mbit', in: '1mbit' }), [{ out: one, in: two }, undefined]);
});

test('a reason drives no terminal', () => {
  assert.is(wantedOf('cliff', { ceil: '5mbit', why: ' \u001b[2Jx\n' }).why, '␛[2Jx␊');
  assert.is(wantedOf('cliff', { ceil: '5mbit', why: ' ' }).why, undefined);
});

test.run();
