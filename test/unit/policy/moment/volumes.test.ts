// What is known of volumes from look to look: said once, kept whatever the clock is set to, charged once.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MomentSubject } from '../../../../src/policy/moment/moment.ts';
import {
  asMoment,
  type Delivered,
  reckonVolumes,
  type Volumes,
  volumeKey,
} from '../../../../src/policy/moment/volumes.ts';
import { periodAt } from '../../../../src/units/period.ts';
import type { Both } from '../../../../src/units/units.ts';
import { readToml } from '../../../support/world.ts';

const [minute, day] = [60_000, 86_400_000];
const gb = 1e9;
const cliff: MomentSubject = { kind: 'guest', name: 'cliff' };
const web: MomentSubject = { kind: 'group', name: 'web' };
const begin = new Date('2028-12-01T00:00').getTime();
const end = new Date('2029-01-01T00:00').getTime();

const toml = `
[group.web]
ceil = "1gbit"
[group.web.quota]
volume = "1000gb"
then = { ceil = "1mbit" }
[guest."c*"]
ceil = "80mbit"
[guest."c*".quota]
volume = { out = "100gb", in = "50gb" }
then = { ceil = "1mbit" }
[guest."c*".boost]
ceil = { out = "800mbit" }
volume = "1gb"
[guest.rob]
`;
const config = readToml(toml);

/** By day, as the ledger has it. */
class Ledger implements Delivered {
  readonly subjects = [cliff, { kind: 'guest', name: 'rob' } as const];
  private readonly passed: { key: string; at: number; bytes: Both<number> }[] = [];
  add(subject: MomentSubject, at: number, out: number, inward = 0): this {
    this.passed.push({ key: volumeKey(subject), at, bytes: { out, in: inward } });
    return this;
  }
  readonly used: Delivered['used'] = (subject, span) =>
    this.sum(subject, (at) => at >= span.begin && at < span.end);
  readonly total = (subject: MomentSubject) => this.sum(subject, () => true);
  private sum(subject: MomentSubject, counts: (at: number) => boolean): Both<number> {
    const own = this.passed.filter(({ key, at }) => key === volumeKey(subject) && counts(at));
    return {
      out: own.reduce((sum, { bytes }) => sum + bytes.out, 0),
      in: own.reduce((sum, { bytes }) => sum + bytes.in, 0),
    };
  }
}

function look(ledger: Ledger, now: number, sinceBoot: number, before?: Volumes) {
  const { volumes, notices } = reckonVolumes(config, { now, sinceBoot }, ledger, before);
  const said = notices.map(({ subject, reached }) => `${volumeKey(subject)} ${reached}`);
  return { volumes, said, now, moment: asMoment(volumes, { now, sinceBoot }) };
}

/** By the clock's own period. */
function heldIn({ moment, now }: ReturnType<typeof look>): number | undefined {
  return moment.held?.(cliff, periodAt({ every: 'month', on: 1 }, now));
}

test('what was used, of guests and groups that have a volume, in the period and in no other', () => {
  const ledger = new Ledger()
    .add(cliff, begin - 1, 7 * gb)
    .add(cliff, begin, gb, 2 * gb)
    .add(web, begin + day, 5 * gb);
  const { volumes, moment } = look(ledger, begin + 2 * day, 0);
  assert.equal([...volumes.quotas.keys()].sort(), ['group web', 'guest cliff']);
  assert.equal(moment.used?.(cliff, { begin, end }), { out: gb, in: 2 * gb });
  assert.equal(moment.used?.(web, { begin, end }), { out: 5 * gb, in: 0 });
  assert.equal(moment.used?.(cliff, { begin: end, end: end + 1 }), { out: 0, in: 0 }, 'of another period');
  assert.equal(moment.used?.({ kind: 'guest', name: 'c3' }, { begin, end }), { out: 0, in: 0 });
});

test('80 and 100 % are said once in a period, and again at the first look after a boot', () => {
  const ledger = new Ledger().add(cliff, begin, 0, 39 * gb);
  const first = look(ledger, begin + 1, 0);
  assert.equal(first.said, []);
  const second = look(ledger.add(cliff, begin + 2, 0, gb), begin + 3, minute, first.volumes);
  assert.equal(second.said, ['guest cliff 80']);
  assert.equal(look(ledger, begin + 4, 2 * minute, second.volumes).said, []);
  const third = look(ledger.add(cliff, begin + 5, 0, 10 * gb), begin + 6, 3 * minute, second.volumes);
  assert.equal(third.said, ['guest cliff 100']);
  assert.equal(look(ledger, begin + 7, 4 * minute, third.volumes).said, []);
  assert.equal(
    look(ledger, begin + 8, 0).said,
    ['guest cliff 100'],
    'what was reached on the way down is not lost',
  );
  ledger.add(cliff, end, 100 * gb);
  assert.equal(look(ledger, end + 1, 5 * minute, third.volumes).said, ['guest cliff 100'], 'both at once');
});

test('a clock that is set forward lifts nothing early, one that is set back neither', () => {
  const ledger = new Ledger().add(cliff, begin, 100 * gb);
  const atFirst = look(ledger, end - 10 * day, 1000);
  assert.equal(atFirst.volumes.quotas.get('guest cliff')?.held, { end, until: 1000 + 10 * day });
  let { volumes } = atFirst;
  for (const set of [40 * day, -40 * day, 400 * day]) {
    for (const days of [1, 2, 3]) {
      const sinceBoot = 1000 + days * day;
      const next = look(ledger, end - 10 * day + days * day + set, sinceBoot, volumes);
      volumes = next.volumes;
      const left = (heldIn(next) ?? 0) - (end - 10 * day + days * day + set);
      assert.is(left, (10 - days) * day, `${set / day} days, after ${days}`);
    }
  }
  const over = look(ledger, end + 400 * day, 1000 + 10 * day - minute, volumes);
  assert.is(heldIn(over), undefined);
});

test('where more may be used now, nothing is held', () => {
  const ledger = new Ledger().add(cliff, begin, 100 * gb);
  const first = look(ledger, end - 10 * day, 0);
  assert.ok(first.volumes.quotas.get('guest cliff')?.held);
  assert.is(heldIn(first), undefined, 'in its own period what is used counts alone');
  const { volumes } = first;
  const more = readToml(toml.replace('"100gb"', '"200gb"'));
  const next = reckonVolumes(more, { now: end - 9 * day, sinceBoot: day }, ledger, volumes);
  assert.is(next.volumes.quotas.get('guest cliff')?.held, undefined);
});

test('in its time a period ends without a word about clocks', () => {
  const ledger = new Ledger().add(cliff, begin, 100 * gb);
  const { volumes } = look(ledger, end - minute, 0);
  const next = look(ledger, end + 10, minute + 5, volumes);
  assert.is(heldIn(next), undefined);
  assert.equal(next.moment.used?.(cliff, { begin: end, end: end + 31 * day }), { out: 0, in: 0 });
});

test('credit is reckoned by the kernel’s clock and the ledger, of the ways that have a boost', () => {
  const ledger = new Ledger();
  const first = look(ledger, begin, 0);
  assert.equal(first.volumes.credits.get('cliff'), { out: { left: gb, isOn: true, total: 0 } });
  ledger.add(cliff, begin, 1.2 * gb);
  const second = look(ledger, begin - 100 * day, 60_000, first.volumes);
  assert.is(second.volumes.credits.get('cliff')?.out?.left, gb - 1.2 * gb + 0.6 * gb, '10 MB in a second');
  assert.is(second.moment.credit?.('cliff', 'out')?.left, 0.4 * gb);
  assert.is(second.moment.credit?.('cliff', 'in'), undefined);
  assert.is(first.volumes.credits.get('rob'), undefined);
});

test('who is stopped and started again has the credit that he had', () => {
  const ledger = new Ledger().add(cliff, begin, 0.5 * gb);
  const first = look(new Ledger(), begin, 0);
  const second = look(ledger, begin, 10, first.volumes);
  const gone = { ...ledger, subjects: [], used: ledger.used, total: ledger.total };
  const third = reckonVolumes(config, { now: begin, sinceBoot: 20 }, gone, second.volumes);
  assert.ok(Number(third.volumes.credits.get('cliff')?.out?.left) < 0.6 * gb);
});

test('whatever the clock is set to, what was used up holds as long as it would have', () => {
  const jumps = fc.array(
    fc.record({ minutes: fc.integer({ min: 1, max: 30_000 }), set: fc.integer({ min: -60, max: 60 }) }),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), jumps, (days, all) => {
      const ledger = new Ledger().add(cliff, begin, 100 * gb);
      let [now, sinceBoot] = [end - days * day, 5];
      let { volumes } = look(ledger, now, sinceBoot);
      const until = sinceBoot + days * day;
      for (const { minutes, set } of all) {
        sinceBoot += minutes * minute;
        now += minutes * minute + set * day;
        const next = look(ledger, now, sinceBoot, volumes);
        volumes = next.volumes;
        const isHeld = heldIn(next) !== undefined;
        const isOwnPeriod = now >= begin && now < end;
        if (sinceBoot < until - minute) assert.ok(isHeld || isOwnPeriod, 'lifted early');
        else if (!isOwnPeriod) assert.not(isHeld, 'held on');
        if (isOwnPeriod) return; // From here on it is another one's time.
      }
    }),
  );
});

test('a ledger that is lost lifts nothing, in this period: what was known at the last look is the least', () => {
  const clocks = { now: begin + 5 * day, sinceBoot: 5 * day };
  const full = new Ledger().add(cliff, begin + day, 200 * gb, 10 * gb);
  const { volumes } = reckonVolumes(config, clocks, full, undefined);
  const later = { now: clocks.now + minute, sinceBoot: clocks.sinceBoot + minute };
  const lost = Object.assign(new Ledger(), { subjects: [] });
  const next = reckonVolumes(config, later, lost, volumes);
  assert.equal(next.volumes.quotas.get('guest cliff')?.used, { out: 200 * gb, in: 10 * gb });
  assert.equal(next.notices, []);
  for (const moment of [asMoment(next.volumes, later), asMoment(volumes, later, lost.used)]) {
    assert.equal(moment.used?.(cliff, { begin, end }), { out: 200 * gb, in: 10 * gb });
    assert.equal(moment.used?.(cliff, { begin: end, end: end + day }), { out: 0, in: 0 });
  }
  lost.add(cliff, later.now, 300 * gb);
  assert.equal(asMoment(next.volumes, later, lost.used).used?.(cliff, { begin, end }).out, 300 * gb);
});

test('a guest that the lost ledger knew is known by its volume alone, until the period is over', () => {
  const own = readToml('[guest.dan]\n[guest.dan.quota]\nvolume = "1gb"\nthen = { ceil = "1mbit" }\n');
  const dan: MomentSubject = { kind: 'guest', name: 'dan' };
  const known = Object.assign(new Ledger().add(dan, begin, 2 * gb), { subjects: [dan] });
  const { volumes } = reckonVolumes(own, { now: begin + day, sinceBoot: day }, known, undefined);
  const lost = Object.assign(new Ledger(), { subjects: [] });
  const quotasAt = (now: number) => {
    const next = reckonVolumes(own, { now, sinceBoot: now - begin }, lost, volumes);
    return [...next.volumes.quotas].map(([key, { used }]) => [key, used.out]);
  };
  assert.equal(quotasAt(end - 1), [['guest dan', 2 * gb]]);
  assert.equal(quotasAt(end), []);
});

test.run();
