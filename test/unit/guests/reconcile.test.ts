// Three that may lag behind each other: what was noted, what libvirt's status files say, which devices there are. A guest
// that runs never loses its shaping by a doubt, and one that is gone keeps nothing.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Driver, Guest } from '../../../src/guests/guest.ts';
import { reconcile } from '../../../src/guests/reconcile.ts';
import { type Running, readStatusFiles, runningStamp } from '../../../src/guests/status-files.ts';

const guest = (name: string, taps: string, more: Partial<Guest> = {}): Guest => ({
  name,
  driver: 'qemu',
  nics: taps
    .split(' ')
    .filter(Boolean)
    .map((tap) => ({ tap, bridge: 'br0' })),
  ...more,
});
const stamp = { stamp: '1 2 3' };
const running = (...guests: Guest[]): Running => ({ guests, unread: [], drivers: ['qemu'] });
const devices = new Set(['vnet0', 'vnet1', 'vnet2']);
const shown = (list: Guest[]) =>
  list.map(({ name, nics, stamp }) => `${name}:${nics.map(({ tap }) => tap).join(' ')}:${stamp ?? ''}`);

test('one that is found comes after those that are noted, with what is found of it', () => {
  const noted = [guest('ann', 'vnet0', stamp)];
  const there = running(guest('ann', 'vnet0', stamp), guest('ben', 'vnet1', { stamp: '4' }));
  assert.equal(shown(reconcile(noted, there, devices)), ['ann:vnet0:1 2 3', 'ben:vnet1:4']);
  assert.equal(shown(reconcile([], running(guest('ben', 'vnet1'), guest('ann', 'vnet0')), devices)), [
    'ben:vnet1:',
    'ann:vnet0:',
  ]);
});

test('one that changed keeps its place', () => {
  const noted = [guest('ann', 'vnet0', stamp), guest('ben', 'vnet1', stamp)];
  const there = running(guest('ann', 'vnet0 vnet2', { stamp: '5' }), noted[1] as Guest);
  assert.equal(shown(reconcile(noted, there, devices)), ['ann:vnet0 vnet2:5', 'ben:vnet1:1 2 3']);
});

test('who has no status file any more is gone; who never had one may be about to run', () => {
  const noted = [guest('read', 'vnet0', stamp), guest('started', 'vnet1')];
  assert.equal(shown(reconcile(noted, running(), devices)), ['started:vnet1:']);
  assert.equal(
    shown(reconcile(noted, { ...running(), drivers: [] }, devices)),
    ['read:vnet0:1 2 3', 'started:vnet1:'],
    'no files are kept here',
  );
  assert.equal(
    shown(reconcile(noted, { ...running(), drivers: ['lxc'] }, devices)),
    ['read:vnet0:1 2 3', 'started:vnet1:'],
    'nor for its driver',
  );
  const unread: Running = { ...running(), unread: [{ driver: 'qemu', name: 'read', reason: '' }] };
  assert.equal(
    shown(reconcile(noted, unread, devices)),
    ['read:vnet0:1 2 3', 'started:vnet1:'],
    'its file is being written',
  );
  const other: Running = { ...running(), unread: [{ driver: 'lxc', name: 'read', reason: '' }] };
  assert.equal(shown(reconcile(noted, other, devices)), ['started:vnet1:']);
});

test('who may run but has none of its taps is gone', () => {
  const noted = [guest('ann', 'vnet8'), guest('ben', 'vnet1 vnet8')];
  assert.equal(shown(reconcile(noted, running(), devices)), ['ben:vnet1 vnet8:']);
});

test('a tap that is not there is left out, and the file is read again', () => {
  const there = running(guest('ann', 'vnet0 vnet8', stamp), guest('ben', 'vnet9', stamp));
  assert.equal(shown(reconcile([], there, devices)), ['ann:vnet0:']);
  const whole = running(guest('ann', 'vnet0', stamp));
  assert.equal(shown(reconcile([], whole, devices)), ['ann:vnet0:1 2 3']);
});

test('a tap that is given out anew belongs to who has it now', () => {
  const noted = [guest('ann', 'vnet0'), guest('ben', 'vnet1', stamp)];
  const there = running(guest('ben', 'vnet0', { stamp: '7' }));
  assert.equal(shown(reconcile(noted, there, devices)), ['ben:vnet0:7'], 'ann has none left');
});

test('one whose NICs are all of kinds that are not shaped runs, noted or found', () => {
  const odd = guest('odd', '', { skipped: [{ nic: 'NIC 1', reason: 'none' }], ...stamp });
  assert.equal(shown(reconcile([], running(odd), devices)), ['odd::1 2 3']);
  assert.equal(shown(reconcile([odd], running(odd), devices)), ['odd::1 2 3']);
  assert.equal(shown(reconcile([odd], running(), devices)), []);
  assert.equal(shown(reconcile([], running(guest('none', '')), devices)), []);
});

test('guests of two drivers may be called alike', () => {
  const noted = [guest('box', 'vnet0', stamp), guest('box', 'vnet1', { driver: 'lxc', ...stamp })];
  const there: Running = { ...running(guest('box', 'vnet0', stamp)), drivers: ['qemu', 'lxc'] };
  assert.equal(shown(reconcile(noted, there, devices)), ['box:vnet0:1 2 3']);
});

const root = mkdtempSync(join(tmpdir(), 'virt-shaper-status-'));
test.after(() => rmSync(root, { recursive: true }));
const folderOf = (driver: Driver) => join(root, driver);
const xml = (name: string, tap: string) =>
  `<domstatus><domain type='kvm'><name>${name}</name><devices><interface type='bridge'><source bridge='br0'/><target dev='${tap}'/></interface></devices></domain></domstatus>`;

test('status files: by name, each driver for itself, and what cannot be read stays a doubt', () => {
  assert.equal(readStatusFiles(folderOf, []), { guests: [], unread: [], drivers: [] });
  mkdirSync(folderOf('lxc'));
  writeFileSync(join(root, 'lxc/box.xml'), xml('box', 'vnet5'));
  assert.equal(readStatusFiles(folderOf, []).drivers, ['lxc']);
  mkdirSync(folderOf('qemu'));
  for (const [name, tap] of [
    ['b.xml', 'vnet1'],
    ['a.xml', 'vnet0'],
    ['c.xml.new', 'vnet2'],
    ['c.pid', 'vnet3'],
  ]) {
    writeFileSync(join(root, 'qemu', name ?? ''), xml(name?.slice(0, 1) ?? '', tap ?? ''));
  }
  writeFileSync(join(root, 'qemu/half.xml'), '<domstatus>');
  symlinkSync('/nonexistent', join(root, 'qemu/gone.xml')); // As one that has gone since the folder was listed.
  const { guests, unread, drivers } = readStatusFiles(folderOf, []);
  assert.equal(
    guests.map(({ driver, name, nics }) => `${driver} ${name} ${nics[0]?.tap}`),
    ['qemu a vnet0', 'qemu b vnet1', 'lxc box vnet5'],
  );
  assert.equal(
    unread.map(({ driver, name }) => `${driver} ${name}`),
    ['qemu half'],
  );
  assert.equal(drivers, ['qemu', 'lxc']);
});

test('in whatever order the folder has them, the guests come by name', () => {
  const names = [
    'm',
    'c',
    'x',
    'a',
    'p',
    'f',
    'z',
    'b',
    'k',
    't',
    'd',
    'w',
    'h',
    'r',
    'e',
    'n',
    'web-1',
    'web',
  ];
  const folder = join(root, 'many');
  mkdirSync(folder);
  for (const name of names) writeFileSync(join(folder, `${name}.xml`), xml(name, 'vnet0'));
  const only = (driver: Driver) => (driver === 'qemu' ? folder : join(root, 'none'));
  assert.equal(
    readStatusFiles(only, []).guests.map(({ name }) => name),
    names.sort(),
  );
});

test('a file is parsed again only when it is another', () => {
  const [a] = readStatusFiles(folderOf, []).guests;
  if (!a) throw new Error('no guest');
  const noted = { ...a, uuid: 'noted' };
  assert.is(readStatusFiles(folderOf, [noted]).guests[0]?.uuid, 'noted', 'the same file');
  assert.is(
    readStatusFiles(folderOf, [{ ...noted, driver: 'lxc' }]).guests[0]?.uuid,
    undefined,
    'another driver',
  );
  utimesSync(join(root, 'qemu/a.xml'), 1, 1);
  assert.is(readStatusFiles(folderOf, [noted]).guests[0]?.uuid, undefined, 'of another time');
  const before = runningStamp(folderOf);
  assert.is(runningStamp(folderOf), before);
  rmSync(join(root, 'lxc/box.xml'));
  assert.is.not(runningStamp(folderOf), before, 'a guest of the second driver has gone');
});

test.run();
