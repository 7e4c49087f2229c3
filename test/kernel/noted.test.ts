// What outlives a call, lost or of another time: who is noted as running, the ids that were drawn, the speed of a link.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sh } from './host.ts';
import { insideTest } from './inside.ts';

const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
[uplink.eth0]
[guest.cliff]
[guest.rob]
[guest.ann]
`;

const { test, host } = insideTest({ config });

const start = (name: string, ...taps: string[]) =>
  host.call(name, 'start', Object.fromEntries(taps.map((tap) => [tap, 'br0'])));
const remove = (path: string) => rmSync(join(host.root, path), { recursive: true });
const table = () => sh('nft list table bridge virt-shaper');
const noted = () =>
  (JSON.parse(host.read('run/virt-shaper/guests.json')).guests as { name: string; nics: unknown[] }[])
    .map(({ name, nics }) => `${name} ${nics.length}`)
    .join(', ');
const loses = 'warning: what is in force and what libvirt says counts in its place';

for (const [what, lose, says] of [
  ['removed', () => remove('run/virt-shaper/guests.json'), ''],
  ['emptied', () => host.write('run/virt-shaper/guests.json', ''), loses],
  ['of another version', () => host.write('run/virt-shaper/guests.json', '{"version":1,"guests":[]}'), loses],
] as const) {
  test(`who runs, ${what}: the next start takes nobody’s NIC out`, async () => {
    await start('cliff', 'vnet0', 'vnet1');
    lose();
    const { stderr } = await start('rob', 'vnet2');
    if (says === '') assert.is(stderr, '');
    else assert.match(stderr, says);
    assert.is(noted(), 'cliff 2, rob 1');
    for (const tap of ['vnet0', 'vnet1', 'vnet2']) assert.match(table(), `"${tap}" . "eth0"`);
  });
}

test('after a boot nobody runs, though rules of before it are there', async () => {
  await start('cliff', 'vnet0');
  sh('tc qdisc del dev eth0 root; ip link del ifb-eth0; tc qdisc del dev vnet0 clsact; nft flush ruleset');
  remove('run/virt-shaper');
  await start('rob', 'vnet1');
  assert.is(noted(), 'rob 1');
  assert.not.match(table(), 'cliff');
});

test('ids that were drawn are kept, whoever starts first and whatever is in force', async () => {
  await start('cliff', 'vnet0');
  await start('rob', 'vnet1');
  const { guests } = JSON.parse(host.read('var/lib/virt-shaper/ids.json'));
  assert.equal(Object.keys(guests).sort(), ['ann', 'cliff', 'rob'], 'of each entry');
  const other = Object.fromEntries([
    ['cliff', guests.rob],
    ['rob', guests.cliff],
  ]);
  await host.must(['unload']);
  host.write(
    'var/lib/virt-shaper/ids.json',
    `${JSON.stringify({ version: 1, guests: other, groups: {}, idle: [] })}\n`,
  );
  remove('var/lib/virt-shaper/rules.d');
  await host.must(['apply']);
  assert.match(table(), `"vnet0" . "eth0" : goto out-${guests.rob.toString(16).padStart(4, '0')}`);
});

const ceil = () => sh('tc class show dev eth0').match(/^class htb 1:ffff .* ceil (\S+)/m)?.[1];
const speeds = 'var/lib/virt-shaper/speeds.json';

test('the speed of a link outlives its carrier', async () => {
  await start('cliff', 'vnet0');
  assert.equal(JSON.parse(host.read(speeds)).speeds, { eth0: 10e9 });
  host.write(speeds, '{"version":1,"speeds":{"eth0":5000000000}}\n');
  sh('ip link set eth0 down');
  await host.must(['apply']);
  assert.is(ceil(), '5Gbit');
  assert.match(host.read(speeds), '5000000000', 'what is remembered is not learned');
  sh('ip link set eth0 up');
  await host.must(['apply']);
  assert.is(ceil(), '10Gbit');
  assert.equal(JSON.parse(host.read(speeds)).speeds, { eth0: 10e9 });
  assert.ok(existsSync(join(host.root, speeds)));
});

test.run();
