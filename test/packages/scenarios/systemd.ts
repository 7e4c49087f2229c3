// A host whose systemd runs, with the units as they are hardened: installed, upgraded while the service goes on, restarted
// under traffic, flushed by its firewall, booted with a configuration that has a mistake, removed.
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boot } from '../boot.ts';
import { startFlood, type Watch, watch } from '../flood.ts';
import { domainXml, makeNetwork, statusXml } from '../guests.ts';
import { bring, makeReadyMachine, outside } from '../machine.ts';

makeNetwork();
const disk = makeReadyMachine('systemd', 'systemd systemd-sysv udev dbus');
const install = 'DEBIAN_FRONTEND=noninteractive dpkg --install';
const former = bring(disk, 'deb', 'former');
const present = bring(disk, 'deb', 'built');
const config = `[guest.cliff]
rate = "15mbit"
ceil = "30mbit"
id = 0x10
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
[uplink.eth0.unmarked]
id = 0x333
`;
const mistake = config.replace('ceil = "30mbit"', 'ceil = 30mbit"');
const configure = (text: string) => disk.write('/etc/virt-shaper/config.toml', text);
configure(config);
let host = await boot(disk);

const units = [
  'virt-shaper.service',
  'virt-shaper-sync.path',
  'virt-shaper-sync.timer',
  'virt-shaper-watch.path',
];
const since = () => host.must('systemctl show --property ActiveEnterTimestampMonotonic virt-shaper.service');
const log = () => host.must('journalctl --boot --no-pager --output cat -t virt-shaper');
const active = (unit: string) => host.run(`systemctl is-active ${unit}`).output.trim();
const classes = () => outside('tc class show dev eth0');

test('installed: the service runs, and the guest that runs is shaped', () => {
  host.must(
    `mkdir -p /run/libvirt/qemu && cat > /run/libvirt/qemu/cliff.xml <<'END'\n${statusXml('cliff')}END`,
  );
  console.log(host.must(`${install} ${former}`));
  for (const unit of units) assert.is(host.run(`systemctl is-active ${unit}`).output, 'active\n', unit);
  assert.match(log(), /found running: cliff/);
  assert.match(classes(), /rate 15Mbit ceil 30Mbit/);
});

test('upgraded: the service is neither stopped nor started, the policy is the same', () => {
  const [before, time] = [classes(), since()];
  host.must(`${install} ${present}`);
  assert.is(since(), time);
  assert.is(classes(), before);
  assert.not.match(log(), /unloaded/);
  for (const unit of units) assert.is(host.run(`systemctl is-active ${unit}`).output, 'active\n', unit);
  assert.match(host.must('virt-shaper --version'), /^0\.[1-9]/);
});

test('a service that the administrator has stopped stays so at an upgrade, and what is in force stays', () => {
  const before = classes();
  host.must('systemctl stop virt-shaper.service');
  host.must(`${install} ${present}`);
  for (const unit of units) assert.is(active(unit), 'inactive', unit);
  assert.is(classes(), before);
  host.must('systemctl start virt-shaper.service');
  for (const unit of units) assert.is(active(unit), 'active', unit);
  assert.is(classes(), before);
});

test('restarted and reloaded under traffic: no packet goes unshaped, no class is made anew', async () => {
  const seen = await underTraffic(async () => {
    for (const verb of ['restart', 'reload', 'restart']) {
      host.must(`systemctl ${verb} virt-shaper`);
      await sleep(500);
    }
  });
  assertShaped(seen);
});

test('the same with a mistake in the configuration: it fails, and what was in force stays', async () => {
  configure(mistake);
  const seen = await underTraffic(async () => {
    assert.is.not(host.run('systemctl reload virt-shaper').status, 0);
    assert.is(active('virt-shaper.service'), 'active');
    assert.is.not(host.run('systemctl restart virt-shaper').status, 0);
    assert.is(active('virt-shaper.service'), 'failed');
    await sleep(500);
  });
  assertShaped(seen);
  for (const unit of units.slice(1)) assert.is(active(unit), 'active', unit);
  assert.match(log(), /config.toml:3:\d+: /);
});

test('mended and restarted: the change counts', () => {
  configure(config.replace('30mbit', '29mbit'));
  host.must('systemctl restart virt-shaper');
  assert.is(active('virt-shaper.service'), 'active');
  assert.match(classes(), /rate 15Mbit ceil 29Mbit/);
  configure(config);
  host.must('systemctl reload virt-shaper');
  assert.match(classes(), /rate 15Mbit ceil 30Mbit/);
});

test('a firewall that flushes everything: the table is back in about a second', async () => {
  for (const verb of ['start', 'reload', 'restart', 'stop']) {
    host.must(`systemctl ${verb} nftables`);
    const begin = performance.now();
    while (!host.run('nft list tables').output.includes('virt-shaper')) {
      assert.ok(performance.now() - begin < 10_000, `not after nftables was told to ${verb}`);
      await sleep(50);
    }
    console.log(`systemctl ${verb} nftables: ${Math.round(performance.now() - begin)} ms`);
  }
  // The sync that follows may still be at it, and is waited for.
  assert.match(
    host.must('virt-shaper verify 2>&1'),
    /^(waiting for .*\n)?the kernel holds what was loaded\n$/,
  );
});

test('figures for Prometheus: not without being asked for, then every half minute', async () => {
  const file = '/var/lib/virt-shaper/metrics/virt-shaper.prom';
  assert.is(host.run('systemctl is-enabled virt-shaper-metrics.timer').output, 'disabled\n');
  host.must('systemctl enable --now virt-shaper-metrics.timer; systemctl start virt-shaper-metrics.service');
  assert.match(host.must(`cat ${file}`), /^virt_shaper_guest_shaped{[^}]*guest="cliff"[^}]*} 1$/m);
  assert.is(host.must(`stat -c '%U %a' ${file} $(dirname ${file})`), 'root 644\nroot 755\n');
  // As node_exporter's user reads it where the distribution has its folder.
  host.must(`mkdir -p /var/lib/prometheus && ln -s ${file} /var/lib/prometheus/`);
  host.must('setpriv --reuid nobody cat /var/lib/prometheus/virt-shaper.prom');
  const before = host.must(`stat -c %i ${file}`);
  await sleep(33_000);
  assert.is.not(host.must(`stat -c %i ${file}`), before, 'written again');
  host.must('rm -r /var/lib/prometheus');
});

test('between two looks of the minute a timer that runs once looks: a volume that is used up, what was set for now', async () => {
  host.must('systemctl stop virt-shaper-sync.timer'); // Nobody else looks.
  const ceil = () => classes().match(/class htb 1:10 .* ceil (\S+)/)?.[1];
  const timers = () => host.must("systemctl list-units --all --no-legend 'virt-shaper-look-*'");
  await settled();
  host.must('virt-shaper usage count');
  const used = usedBytes();
  const volume = used + 45_000_000;
  configure(`${config}[guest.cliff.quota]\nvolume = { out = ${volume} }\nthen = { ceil = "2mbit" }\n`);
  host.must('virt-shaper apply');
  assert.is(ceil(), '30Mbit');
  assert.match(timers(), /virt-shaper-look-\d+\.timer/);
  const flood = startFlood();
  const took = await until(() => ceil() === '2Mbit', 60);
  flood.kill();
  host.must('virt-shaper usage count');
  const over = usedBytes() - volume;
  console.log(`after ${took} s, ${over} bytes beyond the volume`);
  assert.ok(over >= 0 && over < (30e6 / 8) * 60, `${over} bytes beyond the volume`);
  assert.match(log(), /guest cliff has used up .* out a month: its "then" holds until /);
  configure(config);
  host.must('virt-shaper apply');
  assert.is(ceil(), '30Mbit');

  host.must('virt-shaper limit cliff --ceil 5mbit --for 20s');
  assert.is(ceil(), '5Mbit');
  const lasted = await until(() => ceil() === '30Mbit', 60);
  assert.ok(lasted >= 17, `only ${lasted} s`);
  await sleep((60 - new Date().getSeconds()) * 1000 < 10_000 ? 12_000 : 0);
  const minute = new Date(Math.ceil(Date.now() / 60_000) * 60_000);
  const hour = host.must(`date --date @${minute.getTime() / 1000} +%H:%M`).trim();
  host.must(`virt-shaper limit cliff --ceil 4mbit --until ${hour}`);
  assert.is(ceil(), '4Mbit');
  await until(() => ceil() === '30Mbit', 75);
  const late = (Date.now() - minute.getTime()) / 1000;
  console.log(`20 s lasted ${lasted} s, and ${hour} came ${late} s late`);
  assert.ok(late >= 0 && late < 30, `${late} s late`);
  await settled();
  assert.is(timers(), '', 'none is left behind');
  host.must('systemctl start virt-shaper-sync.timer');
});

test('booted with a mistake in the configuration: guests get what was in force last', async () => {
  host.must('sync');
  await host.halt();
  configure(mistake);
  // With the machine's own tools: an older nft may not read what a newer one has loaded.
  disk.must('tc qdisc del dev eth0 root; nft delete table bridge virt-shaper; ip link del ifb-eth0');
  host = await boot(disk);
  assert.match(log(), /config.toml:3:\d+: /);
  assert.is(active('virt-shaper.service'), 'failed');
  disk.write('/root/cliff.xml', domainXml('cliff'));
  host.must('/etc/libvirt/hooks/qemu.d/50-virt-shaper cliff start begin - < /root/cliff.xml');
  assert.match(classes(), /rate 15Mbit ceil 30Mbit/);
});

test('removed: nothing runs, the kernel is as it was', () => {
  host.must('dpkg --remove virt-shaper');
  assert.not.match(classes(), /htb/);
  assert.is(host.must('nft list ruleset'), '');
  assert.is(host.must("systemctl list-units --all --no-legend --state active 'virt-shaper*'"), '');
  host.must('dpkg --purge virt-shaper');
  assert.is(
    host.must('find /etc/systemd /var/lib/systemd/deb-systemd-helper-enabled -name "virt-shaper*"'),
    '',
  );
});

/** Until no sync is under way. */
async function settled(): Promise<void> {
  await sleep(1000);
  await until(() => ['inactive', 'failed'].includes(active('virt-shaper-sync.service')), 30);
}

/** @returns seconds */
async function until(isSo: () => boolean, most: number): Promise<number> {
  const begin = performance.now();
  const seconds = () => Math.round((performance.now() - begin) / 100) / 10;
  while (!isSo()) {
    assert.ok(seconds() < most, `not within ${most} s`);
    await sleep(200);
  }
  return seconds();
}

/** What the guest has sent by the ledger. */
function usedBytes(): number {
  return JSON.parse(host.must('virt-shaper usage cliff --json')).usage[0].out;
}

/** What came of a guest that sent all the time. */
async function underTraffic(work: () => Promise<void>): Promise<Watch> {
  const flood = startFlood();
  await sleep(1500);
  const stop = watch({ guest: '1:10', others: '1:333' });
  await work();
  const seen = stop();
  flood.kill();
  console.log(seen);
  return seen;
}

function assertShaped({ looks, shaped, unshaped, broken, rate }: Watch): void {
  assert.ok(looks > 5 && shaped > 1000, 'there was load');
  assert.is(broken, false, 'the guest had its class all the time');
  assert.is(unshaped, 0);
  assert.ok(rate < 31.5e6, `${rate} bits per second`);
}

test.after(() => host.halt());
test.run();
