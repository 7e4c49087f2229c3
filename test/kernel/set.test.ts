// set and unset as programs call them: written whole, nothing in force before a load, two at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { program, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
group = "friends"
rate = "5mbit"
ceil = "30mbit"
`;

const { test, host } = kernelTest({ config });

const file = () => join(host.root, 'etc/virt-shaper/config.d/50-set.toml');
const written = () => readFileSync(file(), 'utf8').split('\n').slice(2, -1);
const ceil = () => /ceil (\S+)/.exec(sh('tc class show dev eth0 classid 1:cc41'))?.[1];

test('a value counts when somebody loads it, and --load is somebody', () => {
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  const { status, stdout, stderr } = host.run(['set', 'cliff', 'ceil', '20mbit']);
  assert.equal([status, stdout], [0, '']);
  assert.match(
    stderr,
    /^guest\.cliff\.ceil = "20mbit" written to .*50-set\.toml; virt-shaper apply puts it in force\n$/,
  );
  assert.equal(written(), ['[guest.cliff]', 'ceil = "20mbit"']);
  assert.is(statSync(file()).mode & 0o777, 0o644);
  assert.is(host.run(['sync', '--in-force']).status, 0);
  assert.is(ceil(), '30Mbit');
  assert.is(host.run(['set', 'cliff', 'ceil', '20mbit', '--load']).status, 0);
  assert.is(ceil(), '20Mbit');
  assert.is(host.run(['set', '--group', 'friends', 'ceil', '10mbit', '--load']).status, 0);
  assert.is(ceil(), '10Mbit');
  assert.match(host.run(['explain', 'friends']).stdout, 'config.d/50-set.toml:7:8');

  assert.is(host.run(['unset', 'cliff']).status, 0);
  assert.is(host.run(['unset', '--group', 'friends', 'ceil', '--load']).status, 0);
  assert.not.ok(existsSync(file()));
  assert.is(ceil(), '30Mbit');
});

test('what cannot be is refused with status 2, and nothing is written or loaded', () => {
  assert.is(host.run(['set', 'cliff', 'pps', '5000']).status, 0);
  const before = written();
  for (const args of [
    ['cliff', 'ceil', '5 mbit'],
    ['cliff', 'rate', '40mbit', '--load'],
    ['cliff', 'group', 'nobody'],
    ['cliff', 'no key', '1'],
    ['cliff', 'ceil', '5mbit', 'rate'],
    ['cliff', 'ceil'],
    ['', 'ceil', '5mbit'],
  ]) {
    const { status, stderr } = host.run(['set', ...args]);
    assert.equal([status, written()], [2, before], `${args.join(' ')}: ${stderr}`);
    assert.is.not(stderr, '');
    if (/\.toml:/.test(stderr)) assert.match(stderr, /^nothing is written, since the configuration would/);
  }
});

test('of twelve at once none loses what another has written', async () => {
  const names = Array.from({ length: 12 }, (_none, at) => `vm-${at}`);
  const runs = names.map((name) =>
    spawn(process.execPath, [program, '--root', host.root, 'set', name, 'ceil', '5mbit'], {
      stdio: 'ignore',
    }),
  );
  const ends = await Promise.all(runs.map((run) => once(run, 'exit')));
  assert.equal(new Set(ends.map(([status]) => status)), new Set([0]));
  assert.equal(
    written()
      .filter((line) => line.startsWith('['))
      .sort(),
    names.map((name) => `[guest.${name}]`).sort(),
  );
});

test.run();
