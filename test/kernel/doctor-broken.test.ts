// One thing broken at a time on a host that is well, and doctor tells exactly that.
import { chmodSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { named } from '../support/findings.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { config, DoctorHost } from './doctor-host.ts';
import { domainXml, sh } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

let host: DoctorHost;
test.before.each(() => {
  host = DoctorHost.well();
});
test.after.each(() => {
  for (const folder of mounted.splice(0)) sh(`umount -l ${folder}`);
  host.end();
});

const mounted: string[] = [];
/** A small file system of its own with what was there, and with a command done to it. */
function mountAt(path: string, command: string): void {
  const folder = join(host.root, path);
  sh(`cp -a ${folder} ${folder}.was; mount -t tmpfs -o size=4m tmpfs ${folder}; cp -a ${folder}.was/. ${folder}
      rm -r ${folder}.was; ${command} ${folder}`);
  mounted.push(folder);
}

const broken: Record<string, { breaks: () => void; wrong: string[]; says?: [check: string, text: string] }> =
  {
    'a class changed by hand': {
      breaks: () =>
        sh('tc class change dev eth0 parent 1:ffff classid 1:fffe htb rate 9mbit burst 9k quantum 9000'),
      wrong: ['problem kernel-state'],
      says: ['kernel-state', 'differs from what was loaded in one thing'],
    },
    "somebody else's root qdisc on the uplink": {
      breaks: () => sh('tc qdisc del dev eth0 root; tc qdisc add dev eth0 root handle 7: pfifo'),
      wrong: ['problem root-qdisc'],
      says: ['root-qdisc', 'pfifo 7:'],
    },
    "libvirt's <bandwidth><outbound> on the tap": {
      breaks: () => sh('tc qdisc del dev vnet0 clsact; tc qdisc add dev vnet0 ingress'),
      wrong: ['problem tap.ingress'],
      says: ['tap.ingress', 'guest cliff: vnet0 has an ingress qdisc'],
    },
    "libvirt's <bandwidth><inbound> on the tap": {
      breaks: () => sh('tc qdisc replace dev vnet0 root handle 1: htb'),
      wrong: ['warning tap.root'],
    },
    'a table of others that sets our marks': {
      breaks: () =>
        sh(
          'nft add table ip other; nft add chain ip other x; nft add rule ip other x meta mark set 0x76730010',
        ),
      wrong: ['warning marks'],
      says: ['marks', 'table ip other'],
    },
    "a table of others that sets marks of a bridge's second way out": {
      breaks: () => {
        sh(
          'ip link add eth2 type veth peer name w-eth2; ip link set eth2 up master br0; ip link set w-eth2 up',
        );
        host.configure(`${config}[uplink.eth2]\nceil = "1gbit"\n`);
        assert.is(host.run(['render', '--quiet']).stderr, '');
        assert.is(host.run(['load', '--quiet']).stderr, '');
        sh(
          'nft add table ip other; nft add chain ip other x; nft add rule ip other x meta mark set 0x76740010',
        );
      },
      wrong: ['warning marks'],
      says: ['marks', 'table ip other'],
    },
    'a bridge with two ports that may lead out': {
      breaks: () => {
        host.bridge('br1', 'eth1');
        sh('ip link add eth2 type veth peer name w-eth2; ip link set eth2 master br1');
      },
      wrong: ['warning bridge'],
    },
    'a configuration with mistakes': {
      breaks: () => host.configure(`${config}[guest.rob]\nrate = "fast"\ngroup = "none"\n`),
      wrong: ['problem configuration'],
      says: ['configuration', 'the first of 2 mistakes'],
    },
    'the same with a bridge whose uplink only the configuration knows': {
      breaks: () => {
        sh('ip link add eth2 type veth peer name w-eth2; ip link set eth2 up; ip link set w-eth2 up');
        sh('ip link set eth2 master br0');
        const named = config.replace('ceil', 'bridge = "br0"\nceil');
        host.configure(named);
        assert.is(host.run(['apply', '--quiet']).stderr, '');
        host.configure(`${named}[guest.rob]\nrate = "fast"\n`);
      },
      wrong: ['problem configuration'],
    },
    'no configuration': {
      breaks: () => rmSync(join(host.root, 'etc/virt-shaper/config.toml')),
      wrong: ['problem configuration'],
      says: ['configuration', 'does not exist'],
    },
    'a configuration that cannot be read': {
      breaks: () => {
        rmSync(join(host.root, 'etc/virt-shaper/config.toml'));
        mkdirSync(join(host.root, 'etc/virt-shaper/config.toml'));
      },
      wrong: ['problem configuration'],
      says: ['configuration', 'is not a regular file'],
    },
    'a folder that others can write': {
      breaks: () => chmodSync(join(host.root, 'run/virt-shaper'), 0o777),
      wrong: ['problem permissions'],
      says: ['permissions', 'mode 0777'],
    },
    'a changed configuration that is not loaded': {
      breaks: () => host.configure(config.replace('20mbit', '30mbit')),
      wrong: ['warning rules'],
    },
    'an uplink that is named and not there': {
      breaks: () => host.configure(`${config}[uplink.eth9]\nceil = "1gbit"\n`),
      wrong: ['warning configuration.warning'],
      says: ['configuration.warning', 'no network device eth9'],
    },
    'a load that failed': {
      breaks: () => {
        host.configure(config.replace('20mbit', '30mbit'));
        host.run(['render']);
        // Before Linux 6.2 a device is given another name only while it is down.
        sh('ip link set eth0 down; ip link set eth0 name eth7 up');
        assert.is(host.run(['load']).status, 1);
        sh('ip link set eth7 down; ip link set eth7 name eth0 up');
      },
      wrong: [
        'problem last-load',
        'problem kernel-state',
        'problem passing.class',
        'problem passing.ifb',
        'problem passing.table',
      ],
      says: ['last-load', ' ago: '],
    },
    'a guest that no hook told of': {
      breaks: () => {
        host.tap('vnet1');
        host.write(
          'run/libvirt/qemu/rob.xml',
          `<domstatus>${domainXml('rob', { vnet1: 'br0' }).replace('90:01', '90:02')}</domstatus>`,
        );
      },
      wrong: ['problem guest.unnoted'],
      says: ['guest.unnoted', 'virt-shaper was never told'],
    },
    'damaged files of our own': {
      breaks: () => {
        host.write('run/virt-shaper/guests.json', 'junk');
        host.write('run/virt-shaper/history.json', 'junk');
      },
      wrong: ['problem guests', 'warning last-load'],
    },
    'limits that are set for now, damaged': {
      breaks: () => host.write('var/lib/virt-shaper/overrides.json', 'junk'),
      wrong: ['problem files'],
      says: ['files', 'overrides.json is damaged or of another version: from the next load on'],
    },
    'drawn ids, and what was counted, damaged': {
      breaks: () => {
        host.write('var/lib/virt-shaper/ids.json', 'junk');
        host.write('var/lib/virt-shaper/usage/now.json', 'junk');
        host.write('var/lib/virt-shaper/usage/2026-01.json', 'junk');
      },
      wrong: ['warning files', 'warning files', 'warning files'],
      says: ['files', 'ids.json is damaged'],
    },
    'a read-only /var, before a sync has failed on it': {
      breaks: () => mountAt('var/lib/virt-shaper', 'mount -o remount,ro,bind'),
      wrong: ['problem room'],
      says: ['room', 'virt-shaper: the file system is read-only: guests are shaped by rules in /run'],
    },
    'a folder of rules that is full': {
      breaks: () =>
        mountAt(
          'var/lib/virt-shaper/rules.d',
          'f() { head -c 9000000 /dev/zero > "$1/fill" 2>/dev/null || :; }; f',
        ),
      wrong: ['problem room'],
      says: ['room', 'rules.d: there is no room left'],
    },
    'a full /run': {
      breaks: () =>
        mountAt('run/virt-shaper', 'f() { head -c 9000000 /dev/zero > "$1/fill" 2>/dev/null || :; }; f'),
      wrong: ['problem room'],
      says: ['room', 'no load can change anything'],
    },
    'units that are off, and no sync for a while': {
      breaks: () => {
        host.units('disabled', 'inactive');
        const then = Date.now() / 1000 - 600;
        utimesSync(join(host.root, 'run/virt-shaper/last-sync'), then, then);
      },
      wrong: ['warning unit.virt-shaper.service', 'warning last-sync'],
      says: ['last-sync', '10 min ago'],
    },
    'a timer that should run and does not come': {
      breaks: () => utimesSync(join(host.root, 'run/virt-shaper/last-sync'), 1e9, 1e9),
      wrong: ['problem last-sync'],
    },
    'an nft that does not run': {
      breaks: () => host.wrapper('nft', 'echo "nft: symbol lookup error" >&2; exit 127'),
      wrong: ['problem tool.nft', 'problem kernel.bridge-tables', 'problem kernel-state'],
      says: ['tool.nft', 'symbol lookup error'],
    },
  };

for (const [name, { breaks, wrong, says }] of Object.entries(broken)) {
  test(name, () => {
    breaks();
    const found = host.examine();
    assert.equal(found.wrong, wrong);
    if (says) assert.match(named(found.findings, says[0]).detail, says[1]);
    const levels = found.findings.map(({ level }) => level);
    assert.is(found.status, levels.includes('problem') ? 1 : 3);
  });
}

test.run();
