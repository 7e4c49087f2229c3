// The ledger on the disk: what is damaged is set aside and said, what a newer version wrote is left alone, and of two who
// count at once the second begins again.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keepDay, type LedgerReading } from '../../../src/ledger/count.ts';
import { encodeMonth } from '../../../src/ledger/decode.ts';
import { countAll, isAsRead, monthsKept, writeLedger } from '../../../src/ledger/keep.ts';
import {
  type Account,
  type MonthRecord,
  newAccount,
  newLedger,
  withoutPeaks,
} from '../../../src/ledger/ledger.ts';
import { keepMoved } from '../../../src/ledger/moved.ts';
import { ownPart, readUsed, usedBetween } from '../../../src/ledger/used.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-keep-'));
  mkdirSync(places().usageSpool);
  mkdirSync(places().usage);
});
test.after.each(() => rmSync(root, { recursive: true }));

const places = () => ({ usage: join(root, 'usage'), usageSpool: join(root, 'spool') });
const file = (name: string) => join(places().usage, name);

/** A reading on a day of November 2026, or of another month. */
function reading(at: number, bytes: number, day = 7, month = 10): LedgerReading {
  const owner = { subject: 'guest a' } as const;
  const classes = [{ device: 'eth0', id: '1:10', bytes, owner, fate: 'stays' as const }];
  return { boot: 'b', at, wall: new Date(2026, month, day, 12).getTime(), classes, whole: ['eth0'] };
}

function counted(...readings: LedgerReading[]): void {
  for (const one of readings) writeLedger(places(), countAll(places(), { spooled: [], reading: one }));
}
const used = () => usedBetween(readUsed(places().usage), 'guest a', '2026-01-01').out;

test('what passed before the first reading is nobody’s, what passed since is counted once', () => {
  counted(reading(1, 100), reading(2, 150), reading(2, 900), reading(3, 170));
  assert.is(used(), 70);
});

test('after a boot every counter began with nothing, also one that is higher already, or whose owner is another', () => {
  counted(reading(5, 100), reading(6, 150));
  counted({ ...reading(1, 400), boot: 'c' });
  assert.is(used(), 50 + 400);
  const [one] = reading(1, 0).classes;
  const other = { ...one, bytes: 900, owner: { subject: 'guest b' } } as LedgerReading['classes'][number];
  counted({ ...reading(1, 0), boot: 'd', classes: [other] });
  assert.is(used(), 50 + 400);
  assert.is(usedBetween(readUsed(places().usage), 'guest b', '2026-01-01').out, 900);
});

test('what a day leaves in its month: bytes or peaks of either direction; nothing of who had none', () => {
  const kept = (more: Partial<Account>, record: MonthRecord = { month: '2026-11', accounts: new Map() }) => {
    const account = { ...newAccount(), ...more };
    keepDay({ ...newLedger('i'), day: '2026-11-07', accounts: new Map([['guest a', account]]) }, record);
    const found = record.accounts.get('guest a');
    return found && [[...found.days], found.peaks, found.group];
  };
  const none = { out: '', in: '' };
  assert.is(kept({}), undefined);
  assert.is(kept({ group: 'g', slot: { out: 5, in: 5 }, total: { out: 5, in: 5 } }), undefined);
  for (const day of [
    { out: 1, in: 0 },
    { out: 0, in: 1 },
  ])
    assert.equal(kept({ day }), [[['07', day]], none, undefined]);
  for (const peaks of [
    { out: '5:1', in: '' },
    { out: '', in: '5:1' },
  ])
    assert.equal(kept({ peaks, group: 'g' }), [[], peaks, 'g']);
  const before = { group: 'g', days: new Map([['06', { out: 3, in: 4 }]]), peaks: { out: '9:9', in: '' } };
  const record = { month: '2026-11', accounts: new Map([['guest a', before]]) } as MonthRecord;
  assert.equal(
    kept({}, record),
    [[['06', { out: 3, in: 4 }]], none, undefined],
    'it is in no group any more',
  );
});

test('readings count in the order in which the kernel gave them, whoever names them in another', () => {
  counted(reading(1, 100));
  // The class was deleted twice: the second one began with nothing.
  const names = [300, 30].map((bytes, index) => {
    const at = 2 + index;
    const questions = [{ device: 'eth0', fate: 'goes', classes: { '1:10': { subject: 'guest a' } } }];
    const head = JSON.stringify({ boot: 'b', at, wall: reading(at, 0).wall, questions });
    const name = String(at).padStart(17, '0');
    writeFileSync(
      join(places().usageSpool, name),
      `${head}\nclass htb 1:10 root\n Sent ${bytes} bytes 1 pkt\n`,
    );
    return name;
  });
  const { ledger, change } = countAll(places(), { spooled: names.reverse(), reading: reading(9, 50) });
  assert.is(ledger.at, 9);
  assert.is(ledger.accounts.get('guest a')?.total.out, 200 + 30 + 50);
  assert.equal(change?.spooled, names);
});

test('nothing to count writes nothing, unless it is to begin', () => {
  assert.is(countAll(places(), { spooled: [] }).change, undefined);
  writeLedger(places(), countAll(places(), { spooled: [] }));
  assert.equal(readdirSync(places().usage), []);
  writeLedger(places(), countAll(places(), { spooled: [], begin: true }));
  assert.equal(readdirSync(places().usage), ['now.json']);
});

test('a day that has ended is in the file of its month', () => {
  counted(reading(1, 0), reading(2, 5), reading(3, 12, 8), reading(4, 20, 1, 11));
  assert.equal(readdirSync(places().usage).sort(), ['2026-11.json', 'now.json']);
  assert.is(used(), 20);
  assert.not.match(readFileSync(file('now.json'), 'utf8'), '2026-11"');
  const own = ownPart(places().usage, 'guest a');
  assert.equal([...own.keys()], ['2026-11', '2026-12']);
  assert.equal(ownPart(places().usage, 'guest b').size, 0);
});

test('a damaged file is set aside, said once, and the counting goes on', () => {
  counted(reading(1, 0), reading(2, 5));
  writeFileSync(file('now.json'), '{');
  const counting = countAll(places(), { spooled: [], reading: reading(3, 9) });
  assert.equal(
    counting.troubles.map(({ kind }) => kind),
    ['damaged'],
  );
  writeLedger(places(), counting);
  assert.is(readFileSync(file('now.json.damaged'), 'utf8'), '{');
  assert.equal(countAll(places(), { spooled: [], reading: reading(4, 12) }).troubles, []);
  counted(reading(4, 12));
  assert.is(used(), 3);
});

test('one of a newer version is left as it is, and nothing is counted into it', () => {
  const newer = '{"version":99}\n';
  writeFileSync(file('now.json'), newer);
  const counting = countAll(places(), { spooled: [], reading: reading(1, 9) });
  assert.equal([counting.troubles.map(({ kind }) => kind), counting.change], [['newer'], undefined]);
  writeLedger(places(), counting);
  assert.is(readFileSync(file('now.json'), 'utf8'), newer);
  assert.match(counting.troubles[0]?.text ?? '', 'is of a newer virt-shaper');
});

test('a month of a newer version keeps its file too', () => {
  counted(reading(1, 0), reading(2, 5));
  writeFileSync(file('2026-11.json'), '{"version":99}\n');
  counted(reading(3, 9, 8));
  assert.is(readFileSync(file('2026-11.json'), 'utf8'), '{"version":99}\n');
  assert.not.ok(existsSync(file('2026-11.json.damaged')));
});

test('whether somebody has written it since it was read', () => {
  const first = countAll(places(), { spooled: [], reading: reading(1, 5) });
  assert.ok(isAsRead(places(), first));
  counted(reading(1, 5));
  assert.not.ok(isAsRead(places(), first));
  const second = countAll(places(), { spooled: [], reading: reading(2, 6) });
  assert.ok(isAsRead(places(), second));
  writeFileSync(file('now.json'), '');
  assert.not.ok(isAsRead(places(), second));
});

test('so many months are kept, the newest, whatever the clock says', () => {
  const months = Array.from({ length: monthsKept + 2 }, (_, at) => {
    const [year, month] = [2020 + Math.floor(at / 12), (at % 12) + 1];
    return `${year}-${String(month).padStart(2, '0')}`;
  });
  const account = { days: new Map([['07', { out: 1, in: 0 }]]), peaks: withoutPeaks() };
  for (const month of months)
    writeFileSync(file(`${month}.json`), encodeMonth({ month, accounts: new Map([['guest a', account]]) }));
  writeFileSync(file('notes.txt'), 'not ours');
  // What was used on another host, of one guest in each month.
  for (const month of months.slice(0, 6)) {
    const parts = new Map([['x', { host: 'kvm1', until: 1000, months: new Map([[month, account]]) }]]);
    keepMoved(places().usage, { guest: month, parts }, 'own');
  }
  const left = (folder: string) =>
    readdirSync(folder)
      .filter((name) => /^\d/.test(name))
      .sort();
  const elsewhere = () =>
    months.filter((month) => usedBetween(readUsed(places().usage), `guest ${month}`, '2020-01-01').out > 0);
  counted(reading(1, 0), reading(2, 5), reading(3, 9, 8));
  const kept = [...months.slice(3), '2026-11'];
  assert.equal(
    left(places().usage),
    kept.map((month) => `${month}.json`),
  );
  assert.equal(elsewhere(), months.slice(3, 6));
  counted(reading(4, 12, 9));
  assert.equal(elsewhere(), months.slice(3, 6), 'no month has gone');
  counted(reading(5, 15, 1, 11), reading(6, 18, 2, 11));
  assert.equal(
    left(places().usage),
    [...kept.slice(1), '2026-12'].map((month) => `${month}.json`),
    'one more',
  );
  assert.equal(elsewhere(), months.slice(4, 6));
  assert.ok(existsSync(file('notes.txt')));
});

test('the first and the last day count, those around them do not; what came from another host is added', () => {
  const days = (bytes: number[], date = 1) =>
    new Map(bytes.map((out, at) => [String(date + at).padStart(2, '0'), { out, in: 2 * out }]));
  const account = (bytes: number[]) => ({ days: days(bytes), peaks: withoutPeaks() });
  const record = (month: string, bytes: number[]) =>
    writeFileSync(
      file(`${month}.json`),
      encodeMonth({ month, accounts: new Map([['guest a', account(bytes)]]) }),
    );
  record('2026-10', [1, 2, 4]);
  record('2026-11', [8, 16]);
  const part = { host: 'h', until: 5, months: new Map([['2026-10', account([0, 32])]]) };
  keepMoved(places().usage, { guest: 'a', parts: new Map([['x', part]]) }, 'own');
  const between = (from: string, until?: string) => {
    const sum = usedBetween(readUsed(places().usage), 'guest a', from, until);
    assert.is(sum.in, 2 * sum.out);
    return sum.out;
  };
  assert.is(between('2026-10-02', '2026-11-01'), 2 + 32 + 4 + 8);
  assert.is(between('2026-10-02', '2026-10-02'), 34);
  assert.is(between('2026-10-03'), 4 + 8 + 16);
  assert.is(between('2026-09-01', '2026-10-01'), 1);
  assert.is(between('2026-11-03'), 0);
  const since = readUsed(places().usage, '2026-11-01');
  assert.equal(
    since.months.map(({ month }) => month),
    ['2026-11'],
    'months before are not read',
  );
  assert.equal([...(ownPart(places().usage, 'guest a').get('2026-10')?.days.values() ?? [])].length, 3);
  assert.is(between('2026-10-02', '2026-10-02'), 34, 'asked again it is the same');
});

test.run();
