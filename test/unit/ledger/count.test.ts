// Years of a host in a second: guests come and go, trees are made anew, the host boots, clocks are set, and we are killed
// between any two files. Whatever happens, what is counted is what passed, once.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClassReading, LedgerReading } from '../../../src/ledger/count.ts';
import { encodeLedger } from '../../../src/ledger/decode.ts';
import { countAll, writeLedger } from '../../../src/ledger/keep.ts';
import type { LedgerSubject } from '../../../src/ledger/subject.ts';
import { readUsed, usedBetween } from '../../../src/ledger/used.ts';
import { amount } from '../../support/amount.ts';

/** Of thousands of files none waits for a disk. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(memory, 'virt-shaper-ledger-'));
  mkdirSync(places().usageSpool);
});
test.after.each(() => rmSync(root, { recursive: true }));

const places = () => ({ usage: join(root, 'usage'), usageSpool: join(root, 'spool') });

/** A host with a clock that nobody sets, and one on the wall. */
class FakeHost {
  boot = 'boot 1';
  /** Milliseconds. */
  up = 1000;
  wall = new Date(2026, 0, 31, 23, 50).getTime();
  readonly passed = new Map<LedgerSubject, number>();
  /** Class -> whose, and its counter. */
  readonly classes = new Map<string, { guest: string; bytes: number }>();
  constructor() {
    this.count();
  }

  wait(milliseconds: number) {
    this.up += milliseconds;
    this.wall += milliseconds;
  }

  start(guest: string, id: string) {
    if (!this.classes.has(id)) this.classes.set(id, { guest, bytes: 0 });
  }

  send(id: string, bytes: number) {
    const one = this.classes.get(id);
    if (!one) return;
    one.bytes += bytes;
    const subject: LedgerSubject = `guest ${one.guest}`;
    this.passed.set(subject, (this.passed.get(subject) ?? 0) + bytes);
  }

  /** As the batch that takes a class out tells it. */
  stop(id: string) {
    const one = this.classes.get(id);
    if (!one) return;
    this.spool(
      [{ id, fate: 'goes' }],
      `class htb ${id} root\n Sent ${one.bytes} bytes 1 pkt\nqdisc noqueue 0: root\n`,
    );
    this.classes.delete(id);
  }

  spool(classes: { id: string; fate: string }[], text: string) {
    this.up += 1;
    const at = this.up * 1000;
    const questions = classes.map(({ id, fate }) => ({
      device: 'eth0',
      id,
      fate,
      classes: { [id]: { subject: `guest ${this.classes.get(id)?.guest}` } },
    }));
    const head = JSON.stringify({ boot: this.boot, at, wall: this.wall, questions });
    writeFileSync(join(places().usageSpool, String(at).padStart(17, '0')), `${head}\n${text}`);
  }

  reading(): LedgerReading {
    this.up += 1;
    const classes = Array.from(this.classes, ([id, { guest, bytes }]): ClassReading => {
      return { device: 'eth0', id, bytes, fate: 'stays', owner: { subject: `guest ${guest}` } };
    });
    return { boot: this.boot, at: this.up * 1000, wall: this.wall, classes, whole: ['eth0'] };
  }

  uncounted() {
    return { spooled: readdirSync(places().usageSpool).sort(), reading: this.reading() };
  }

  count() {
    writeLedger(places(), countAll(places(), this.uncounted()));
  }

  /** What is on the disk when we are killed before this or that file. */
  countKilled(when: number) {
    const before = mkdtempSync(join(memory, 'virt-shaper-ledger-before-'));
    for (const name of ['usage', 'spool']) cpSync(join(root, name), join(before, name), { recursive: true });
    const counting = countAll(places(), this.uncounted());
    const running = encodeLedger(counting.ledger);
    writeLedger(places(), counting);
    const back = (name: string) => {
      rmSync(join(root, name), { recursive: true });
      cpSync(join(before, name), join(root, name), { recursive: true });
    };
    if (when === 0) back('usage');
    if (when <= 1) back('spool');
    if (when === 2) back('usage');
    if (when === 1 || when === 2 || when === 3) writeFileSync(join(places().usage, 'now.json'), running);
    rmSync(before, { recursive: true });
  }

  reboot() {
    this.count(); // As the service does when it ends.
    Object.assign(this, { boot: `${this.boot}+`, up: 500 });
    this.classes.clear();
    rmSync(places().usageSpool, { recursive: true });
    mkdirSync(places().usageSpool);
  }

  /** All days of all months. */
  counted(subject: LedgerSubject) {
    const used = readUsed(places().usage);
    return usedBetween(used, subject, '0000-01-01').out;
  }

  check() {
    this.count();
    for (const [subject, bytes] of this.passed) assert.is(this.counted(subject), bytes, subject);
  }
}

const id = fc.constantFrom('1:10', '1:11', '1:12');
const events = fc.oneof(
  fc.tuple(fc.constant('start' as const), fc.constantFrom('cliff', 'rob', 'jason'), id),
  fc.tuple(fc.constant('stop' as const), id, fc.constant(0)),
  fc.tuple(fc.constant('send' as const), id, fc.nat(1e9)),
  fc.tuple(fc.constant('send' as const), id, fc.nat(1e9)),
  fc.tuple(
    fc.constant('wait' as const),
    fc.constant(''),
    fc.constantFrom(60_000, 3e5, 36e5, 864e5, 30 * 864e5),
  ),
  fc.tuple(
    fc.constant('set' as const),
    fc.constant(''),
    fc.constantFrom(-36e5, 36e5, -864e5, 40 * 864e5, -40 * 864e5),
  ),
  fc.tuple(fc.constant('count' as const), fc.constant(''), fc.constant(0)),
  fc.tuple(fc.constant('kill' as const), fc.constant(''), fc.nat(3)),
  fc.tuple(fc.constant('reboot' as const), fc.constant(''), fc.constant(0)),
);

test('nothing is counted twice and nothing is lost, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 100, size: 'max' }), (list) => {
      rmSync(root, { recursive: true });
      mkdirSync(places().usageSpool, { recursive: true });
      const host = new FakeHost();
      for (const [what, one, other] of list) {
        if (what === 'start') host.start(one, String(other));
        if (what === 'stop') host.stop(one);
        if (what === 'send') host.send(one, Number(other));
        if (what === 'wait') host.wait(Number(other));
        if (what === 'set') host.wall += Number(other);
        if (what === 'count') host.count();
        if (what === 'kill') host.countKilled(Number(other));
        if (what === 'reboot') host.reboot();
      }
      host.check();
    }),
    { numRuns: amount(120) },
  );
});

test('what was passed on another day, to which the clock was set and from which it has come back before anybody looked', () => {
  const host = new FakeHost();
  host.wall -= 864e5;
  host.start('cliff', '1:12');
  host.wait(3e5);
  host.send('1:12', 1);
  host.stop('1:12');
  host.wait(3e5);
  host.check();
});

test('a year, minute by minute at its days ends, is one sum of its days', () => {
  const host = new FakeHost();
  host.start('cliff', '1:10');
  for (let day = 0; day < 365; day += 1) {
    for (let look = 0; look < 4; look += 1) {
      host.send('1:10', 1_000_003);
      host.wait(6 * 36e5);
      host.count();
    }
  }
  host.check();
  const used = readUsed(places().usage);
  assert.is(used.months.length, 12, 'February to January');
  const days = used.months.flatMap(({ accounts }) => [...(accounts.get('guest cliff')?.days.values() ?? [])]);
  assert.ok(days.length >= 365, String(days.length));
  assert.is(usedBetween(used, 'guest cliff', '2026-03-01', '2026-03-31').out, 31 * 4 * 1_000_003);
});

test('fourteen months are kept, and one that a clock has made for a moment costs one of them', () => {
  const host = new FakeHost();
  host.start('cliff', '1:10');
  for (let month = 0; month < 20; month += 1) {
    host.send('1:10', 100);
    host.wait(31 * 864e5);
    host.count();
  }
  const names = () => readdirSync(places().usage).filter((name) => name !== 'now.json');
  assert.is(names().length, 14);
  host.wall += 50 * 365 * 864e5;
  host.count();
  host.wall -= 50 * 365 * 864e5;
  host.count();
  assert.ok(names().length <= 14 && names().length >= 12, names().join(' '));
});

test('a counter that went back without a word is a new beginning', () => {
  const host = new FakeHost();
  host.start('cliff', '1:10');
  host.send('1:10', 100);
  host.count();
  host.classes.delete('1:10');
  host.start('cliff', '1:10');
  host.send('1:10', 30);
  host.check();
  host.classes.delete('1:10');
  host.count();
  host.start('cliff', '1:10');
  host.send('1:10', 500);
  host.check();
});

test("what a class had passed before anything was counted is nobody's", () => {
  const host = new FakeHost();
  rmSync(places().usage, { recursive: true });
  host.start('cliff', '1:10');
  host.send('1:10', 5000);
  host.count();
  assert.is(host.counted('guest cliff'), 0);
  host.send('1:10', 7);
  host.count();
  assert.is(host.counted('guest cliff'), 7);
});

test('a class that changes hands charges each with his own', () => {
  const host = new FakeHost();
  host.start('cliff', '1:10');
  host.send('1:10', 100);
  host.count();
  host.send('1:10', 20);
  const one = host.classes.get('1:10');
  if (one) one.guest = 'rob';
  host.count();
  host.send('1:10', 3);
  host.count();
  assert.is(host.counted('guest cliff'), 120);
  assert.is(host.counted('guest rob'), 3);
});

test('of a batch that was broken off, what is still there goes on', () => {
  const host = new FakeHost();
  host.start('cliff', '1:10');
  host.send('1:10', 100);
  host.count();
  host.send('1:10', 20);
  host.spool([{ id: '1:10', fate: 'goes' }], 'class htb 1:10 root\n Sent 120 bytes 1 pkt\n');
  const [name = ''] = readdirSync(places().usageSpool);
  cpSync(join(places().usageSpool, name), join(places().usageSpool, `${name}.open`));
  rmSync(join(places().usageSpool, name));
  host.send('1:10', 3);
  host.check();
});

test('a damaged file is set aside and said, one of a newer version stays as it is', () => {
  const host = new FakeHost();
  host.start('cliff', '1:10');
  host.send('1:10', 100);
  host.count();
  const file = join(places().usage, 'now.json');
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 50));
  const counting = countAll(places(), host.uncounted());
  assert.match(counting.troubles[0]?.text ?? '', 'damaged');
  writeLedger(places(), counting);
  assert.ok(existsSync(`${file}.damaged`));
  assert.equal(countAll(places(), host.uncounted()).troubles, []);
  host.send('1:10', 9);
  host.count();
  assert.is(host.counted('guest cliff'), 9, 'nothing twice');
  const newer = '{"version":2}';
  writeFileSync(file, newer);
  host.count();
  assert.is(readFileSync(file, 'utf8'), newer);
});

test('fourteen months of a thousand guests are under 30 MB', () => {
  const host = new FakeHost();
  const guests = 20;
  for (let guest = 0; guest < guests; guest += 1)
    host.start(`guest-of-a-usual-name-${guest}`, `1:${guest + 10}`);
  host.wall = new Date(2026, 2, 1, 0, 1).getTime();
  host.count();
  for (let look = 0; look < 31 * 24 * 4; look += 1) {
    // From nothing to a gigabit, so that many bins are filled.
    for (const id of host.classes.keys()) host.send(id, Math.floor(10 ** (4 + 7 * Math.random())));
    host.wait(15 * 60_000);
    if (look % 4 === 0) host.count();
  }
  host.wait(864e5);
  host.count();
  const size = statSync(join(places().usage, '2026-03.json')).size / guests;
  assert.ok(size * 1000 * 14 < 30e6, `${size} bytes of a guest and month`);
  assert.ok(size * 1000 * 14 > 5e6, 'so little that it cannot be all');
});

test.run();
