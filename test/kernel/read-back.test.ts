// tc prints other figures than it is told: what it prints of any class must count as what was asked.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseTcLine } from '../../src/kernel/tc/line.ts';
import { fromClassText } from '../../src/kernel/tc/output.ts';
import { differingOptions } from '../../src/kernel/tc/values.ts';
import { burstFor, fitBurst, quantumFor } from '../../src/plan/arithmetic.ts';
import { formatRate } from '../../src/units/rate.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { sh } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('tc', 'ip'));

const round = [1, 2, 5, 10, 20, 25, 40, 50, 100, 200, 400]
  .flatMap((n) => [n * 1e6, n * 1e9])
  .concat(333333, 299543459, 8, 9600);
const rate = fc.oneof(
  fc.constantFrom(...round),
  fc.integer({ min: 8, max: 1_000_000 }),
  fc.integer({ min: 8, max: 400_000_000_000 }),
);

function lineOf(from: number, to: number, tuned: number | undefined, index: number): string {
  const minor = (index + 0x10).toString(16);
  const burst = (of: number) => fitBurst(tuned ?? burstFor(of), of);
  return (
    `class add dev lo parent 1: classid 1:${minor} htb rate ${formatRate(from)} ceil ${formatRate(to)} ` +
    `burst ${burst(from)} cburst ${burst(to)} quantum ${quantumFor(from)}`
  );
}

test('a class is read back as what it was told', () => {
  const classes = fc.array(
    fc.record({ one: rate, other: rate, tuned: fc.option(fc.integer({ min: 4096, max: 262_144 })) }),
    {
      minLength: 100,
      maxLength: 100,
    },
  );
  fc.assert(
    fc.property(classes, (list) => {
      const lines = list.map(({ one, other, tuned }, index) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        return lineOf(from, to, tuned ?? undefined, index);
      });
      sh('tc qdisc add dev lo root handle 1: htb r2q 30323');
      try {
        sh('tc -batch -', `${lines.join('\n')}\n`);
        const held = new Map(
          sh('tc -d class show dev lo')
            .split('\n')
            .flatMap((line) => fromClassText('lo', line) ?? [])
            .map((object) => [object.key, object]),
        );
        for (const line of lines) {
          const wanted = parseTcLine(line);
          if (typeof wanted === 'string') throw new Error(wanted);
          const found = held.get(wanted.key);
          assert.ok(found, line);
          if (found)
            assert.equal(differingOptions(wanted, found), [], `${line}\n${JSON.stringify(found.values)}`);
        }
      } finally {
        sh('tc qdisc del dev lo root');
      }
    }),
    { numRuns: 20 },
  );
});

test('and what somebody changed by hand is not', () => {
  sh('tc qdisc add dev lo root handle 1: htb r2q 30323');
  const line = lineOf(15e6, 30e6, undefined, 0);
  sh('tc -batch -', `${line}\n`);
  const wanted = parseTcLine(line);
  if (typeof wanted === 'string') throw new Error(wanted);
  const changes = [
    'rate 15001kbit',
    'ceil 30001kbit',
    'burst 16k',
    'cburst 31k',
    'quantum 16000',
    'prio 3',
    'overhead 24',
    'mpu 64',
  ];
  for (const change of changes) {
    const option = change.split(' ')[0] ?? '';
    const words = line.replace('class add', 'class change').replace(new RegExp(` ${option} \\S+`), '');
    sh(`tc ${words} ${change}`);
    const found = sh('tc -d class show dev lo')
      .split('\n')
      .flatMap((text) => fromClassText('lo', text) ?? [])[0];
    assert.ok(
      found && differingOptions(wanted, found).includes(option),
      `${change}: ${JSON.stringify(found?.values)}`,
    );
    sh(`tc ${line.replace('class add', 'class change')}`);
  }
});

test.run();
