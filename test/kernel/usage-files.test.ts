// The ledger's files when something is wrong with them or with the disk, and what is carried from host to host: said once,
// nothing lost that can be kept, and the limits stay.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { listSpool, openSpool } from '../../src/ledger/spool.ts';
import { sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[uplink.eth0]
ceil = "1gbit"
[guest.cliff]
ceil = "20mbit"
id = 0x10
`;
const { test, host } = kernelTest({
  config,
  taps: ['vnet0'],
  begin: (made) => {
    assert.is(made.run(['apply']).status, 0);
    assert.is(made.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
    assert.is(made.run(['sync']).status, 0);
  },
});

const folder = () => join(host.root, 'var/lib/virt-shaper/usage');
const running = () => join(folder(), 'now.json');
const ledger = () => JSON.parse(readFileSync(running(), 'utf8'));
const timer = () => host.run(['sync', '--in-force']);

function isShaped(): void {
  assert.match(sh('tc class show dev eth0 classid 1:10'), 'ceil 20Mbit');
  assert.is(host.run(['verify']).status, 0);
}

/** Another day's work, of which the kernel knows nothing. */
function used(out: number): void {
  const value = ledger();
  value.accounts['guest cliff'] = { total: [out, 0], day: [out, 0] };
  writeFileSync(running(), JSON.stringify(value));
}

test('a damaged ledger is said once and set aside, and it goes on from there', () => {
  writeFileSync(running(), readFileSync(running(), 'utf8').slice(0, 80));
  const first = timer();
  assert.is(first.status, 0);
  assert.match(first.stderr, /now\.json is damaged: what was counted in it is lost/);
  assert.is(timer().stderr, '');
  assert.ok(existsSync(`${running()}.damaged`));
  assert.ok(ledger().classes['eth0 1:10']);
  isShaped();
});

test('one of a newer version stays as it is, said once, and nothing is counted', () => {
  const newer = '{"version":2,"other":"things"}\n';
  writeFileSync(running(), newer);
  assert.match(timer().stderr, 'is of a newer virt-shaper: nothing is counted in it');
  assert.is(timer().stderr, '');
  assert.is(host.hook('cliff', 'stopped', {}).status, 0);
  assert.is(readFileSync(running(), 'utf8'), newer);
  assert.match(host.run(['usage']).stderr, 'newer');
});

test('no room below /var: the limits stay, it is said once, and what went away is counted when there is room', () => {
  const place = join(host.root, 'var/lib/virt-shaper');
  sh(
    `mkdir ${host.root}/aside; cp -a ${place}/. ${host.root}/aside; mount -t tmpfs -o size=2m tmpfs ${place}; cp -a ${host.root}/aside/. ${place}`,
  );
  try {
    used(5);
    sh(`dd if=/dev/zero of=${place}/fill bs=4k status=none 2>/dev/null || true`);
    const first = timer();
    assert.match(first.stderr, /what guests use cannot be written down: .*no space left/i);
    assert.not.match(timer().stderr, 'cannot be written down');
    isShaped();
    rmSync(join(place, 'fill'));
    assert.is(timer().status, 0);
    const [out] = ledger().accounts['guest cliff'].total;
    assert.ok(out >= 5 && out < 5000, String(out)); // The guest may say a word of IPv6 meanwhile.
  } finally {
    sh(`umount -l ${place}`);
  }
  const isNoted = (size: string) => {
    sh(`mount -t tmpfs -o size=${size} tmpfs ${place}`);
    try {
      const spooled = openSpool(place, []);
      spooled?.end(true);
      return spooled !== undefined && listSpool(place).length === 1;
    } finally {
      sh(`umount -l ${place}`);
    }
  };
  assert.ok(isNoted('2100k'), 'room for a listing of thousands of classes');
  assert.not(isNoted('2000k'), 'of less the load has more need');
});

test('without an export or with half of one nothing is imported', () => {
  const before = readFileSync(running(), 'utf8');
  for (const [text, words] of [
    ['', 'what stdin has is nothing that "virt-shaper usage export" has written, or is damaged'],
    ['{"version":1}', 'nothing is imported'],
    ['{"version":2,"what":"x","guest":"a","parts":{}}', 'newer'],
  ] as const) {
    const { status, stderr } = host.run(['usage', 'import', '-'], { input: text });
    assert.is(status, 2, stderr);
    assert.match(stderr, words);
  }
  assert.is(host.run(['usage', 'import', '/nowhere']).status, 1);
  assert.is(host.run(['usage', 'import']).status, 2);
  assert.is(host.run(['usage', 'export', 'nobody', '-']).status, 1);
  assert.is(readFileSync(running(), 'utf8'), before);
  assert.not.ok(existsSync(join(folder(), 'moved')));
});

test('a guest takes what it used along, once, and back again', () => {
  used(1000);
  const there = join(host.root, 'there');
  mkdirSync(there);
  const away = (...args: string[]) => host.run(['--root', there, ...args]);
  const file = join(host.root, 'cliff.json');
  assert.is(host.run(['usage', 'export', 'cliff', file]).status, 0);
  assert.is(statSync(file).mode & 0o077, 0o044);
  for (const words of ['counts here from now on', 'nothing to do']) {
    const { status, stderr } = away('usage', 'import', file);
    assert.is(status, 0, stderr);
    assert.match(stderr, words);
  }
  const sum = (run: typeof away) => JSON.parse(run('usage', '--json').stdout).usage[0]?.out;
  assert.is(sum(away), 1000);
  const back = away('usage', 'export', 'cliff', '-').stdout;
  assert.is(host.run(['usage', 'import', '-'], { input: back }).status, 0);
  assert.is(
    sum((...args) => host.run(args)),
    1000,
  );
});

test('options that do not go together, and names nobody knows', () => {
  used(1000);
  for (const args of [
    '--month 2026-13',
    '--since yesterday',
    '--p95 --day',
    '--json --csv',
    '--html x --day',
    '--month 2026-01 --since 2026-01-01',
    '--day --months',
  ]) {
    const { status, stdout } = host.run(['usage', ...args.split(' ')]);
    assert.is(`${status} ${stdout}`, '2 ', args);
  }
  const { status, stderr } = host.run(['usage', 'clif']);
  assert.is(status, 1);
  assert.match(stderr, /nothing is known of clif\n.*did you mean cliff\?/);
  assert.is(host.run(['usage', 'cl*']).stdout.split('\n').length, 5);
});

test('a page or an export replaces nothing but its like, and follows no link', () => {
  used(1000);
  const page = join(host.root, 'page.html');
  for (let times = 0; times < 2; times += 1) assert.is(host.run(['usage', '--html', page]).status, 0);
  assert.match(readFileSync(page, 'utf8'), '<!doctype html>');
  writeFileSync(join(host.root, 'mine'), 'mine');
  const onMine = host.run(['usage', '--html', join(host.root, 'mine')]);
  assert.is(onMine.status, 1);
  assert.match(onMine.stderr, 'was not written by this command');
  sh(`ln -s mine ${host.root}/link`);
  assert.is(host.run(['usage', 'export', 'cliff', join(host.root, 'link')]).status, 1);
  assert.is(readFileSync(join(host.root, 'mine'), 'utf8'), 'mine');
  assert.equal(
    readdirSync(host.root).filter((name) => name.endsWith('.next')),
    [],
  );
});

test('after unload what was used is still there, and nothing more is counted', () => {
  assert.is(host.run(['unload']).status, 0);
  assert.equal(ledger().classes, {});
  const before = ledger();
  assert.is(timer().status, 0);
  assert.equal(ledger().accounts, before.accounts);
});

test.run();
