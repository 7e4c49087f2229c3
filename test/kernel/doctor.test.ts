// Doctor on a real kernel: a host that is well, then one thing broken at a time, and exactly that is told. Units
// and tool versions are played by scripts that come first in PATH; everything else is there.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/doctor/finding.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, kernelState, program, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = `[uplink.eth0]
ceil = "1gbit"
[guest.cliff]
rate = "5mbit"
ceil = "20mbit"
`;

/** Of the machine that the test runs on, or of hooks, which are not installed here. */
const machine = ['kernel.leaf', 'libvirt', 'program', 'hook.qemu'];

const callIptables = '/proc/sys/net/bridge/bridge-nf-call-iptables';

let host: TestHost;
let path: string;

test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0').tap('vnet0');
  path = `${join(host.root, 'bin')}:${process.env.PATH}`;
  if (existsSync(callIptables)) writeFileSync(callIptables, '0');
  mkdirSync(join(host.root, 'run/systemd/system'), { recursive: true });
  units('enabled', 'active');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, '');
  host.write('run/virt-shaper/last-sync', '');
});
test.after.each(() => host.end());

function wrapper(name: string, script: string): void {
  host.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
  chmodSync(join(host.root, 'bin', name), 0o755);
}

function units(enabled: string, active: string): void {
  wrapper(
    'systemctl',
    `for unit; do case $unit in virt-shaper*)
       printf 'Id=%s\\nLoadState=loaded\\nUnitFileState=${enabled}\\nActiveState=${active}\\n\\n' "$unit";; esac; done`,
  );
}

/** What is not well, besides the machine's own, as `level check`; and everything. */
function examine(): { status: number | null; wrong: string[]; findings: Finding[] } {
  const { status, stdout, stderr } = host.run(['doctor', '--json'], { path });
  assert.is(stderr, '');
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const wrong = findings.filter(({ level, check }) => level !== 'ok' && !machine.includes(check));
  return { status, wrong: wrong.map(({ level, check }) => `${level} ${check}`), findings };
}

function find(findings: Finding[], check: string): Finding {
  const found = findings.find((finding) => finding.check === check);
  if (!found) throw new Error(`no ${check}`);
  return found;
}

/** Every file below the root with its time. */
function files(): string[] {
  const names = readdirSync(host.root, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => `${name} ${statSync(join(host.root, name)).mtimeMs}`);
}

test('a host that is well; nothing is changed by looking', () => {
  const before = [kernelState(), ...files()];
  const { wrong, findings } = examine();
  assert.equal(wrong, []);
  assert.equal([kernelState(), ...files()], before);
  assert.is(find(findings, 'kernel-state').detail, 'as loaded');
  assert.is(find(findings, 'shaped').detail, '1 on eth0');
  assert.match(find(findings, 'bridge').detail, 'uplink eth0, 1gbit as configured');
  const page = host.run(['doctor'], { path });
  assert.match(page.stdout, /^ ok {7}kernel state {4}as loaded$/m);
  assert.not.match(page.stdout, '\u001b');
});

test('the kernel is told of as it is: what render chose is what doctor says', () => {
  const { findings } = examine();
  const { leaf, redirect } = JSON.parse(host.read('run/virt-shaper/kernel.json'));
  assert.match(find(findings, 'kernel.leaf').detail, new RegExp(`^${leaf}`));
  assert.match(find(findings, 'kernel.redirect').detail, new RegExp(`^${redirect} filters`));
});

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
      wrong: ['problem root-qdisc', 'problem kernel-state'],
      says: ['root-qdisc', 'pfifo 7:'],
    },
    "libvirt's <bandwidth><outbound> on the tap": {
      breaks: () => sh('tc qdisc del dev vnet0 clsact; tc qdisc add dev vnet0 ingress'),
      wrong: ['problem tap.ingress'],
      says: ['tap.ingress', 'guest cliff: an ingress qdisc'],
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
        sh('ip link set eth0 name eth7');
        assert.is(host.run(['load']).status, 1);
        sh('ip link set eth7 name eth0');
      },
      wrong: ['problem last-load', 'warning rules'],
      says: ['last-load', ' ago: '],
    },
    'a guest that no hook told of': {
      breaks: () => {
        host.tap('vnet1');
        host.write(
          'run/libvirt/qemu/rob.xml',
          `<domstatus>${domainXml('rob', { vnet1: 'br0' })}</domstatus>`,
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
    'units that are off, and no sync for a while': {
      breaks: () => {
        units('disabled', 'inactive');
        const then = Date.now() / 1000 - 600;
        utimesSync(join(host.root, 'run/virt-shaper/last-sync'), then, then);
      },
      wrong: [
        'warning unit.virt-shaper.service',
        'warning unit.virt-shaper-sync.path',
        'warning unit.virt-shaper-sync.timer',
        'warning last-sync',
      ],
      says: ['last-sync', '10 minutes ago'],
    },
    'a timer that should run and does not come': {
      breaks: () => utimesSync(join(host.root, 'run/virt-shaper/last-sync'), 1e9, 1e9),
      wrong: ['problem last-sync'],
    },
    'an nft that does not run': {
      breaks: () => wrapper('nft', 'echo "nft: symbol lookup error" >&2; exit 127'),
      wrong: ['problem tool.nft', 'problem kernel.bridge-tables', 'problem kernel-state'],
      says: ['tool.nft', 'symbol lookup error'],
    },
  };

for (const [name, { breaks, wrong, says }] of Object.entries(broken)) {
  test(name, () => {
    breaks();
    const found = examine();
    assert.equal(found.wrong, wrong);
    if (says) assert.match(find(found.findings, says[0]).detail, says[1]);
    const levels = found.findings.map(({ level }) => level);
    assert.is(found.status, levels.includes('problem') ? 1 : 3);
  });
}

test('bridged frames that pass iptables are told of, where the kernel has br_netfilter', () => {
  if (!existsSync(callIptables)) return;
  writeFileSync(callIptables, '1');
  assert.equal(examine().wrong, ['warning br_netfilter']);
});

test('hooks: none, and one of somebody else', () => {
  wrapper('libvirtd', 'echo libvirtd "(libvirt)" 9.0.0');
  assert.match(find(examine().findings, 'hook.qemu').detail, 'not installed');
  host.write('etc/libvirt/hooks/qemu.d/50-virt-shaper', '#!/bin/sh\n');
  assert.match(find(examine().findings, 'hook.qemu').detail, "a file of somebody else's is in its place");
});

test("tools' versions are what they print, old and strange ones too", () => {
  const real = sh('command -v tc').trim();
  wrapper('tc', `[ "$1" = -V ] || exec ${real} "$@"; echo "tc utility, iproute2-5.10.0, libbpf 0.3.0"`);
  wrapper('logger', 'echo "BusyBox v1.36.1"');
  const { wrong, findings } = examine();
  assert.equal(wrong, []);
  assert.is(find(findings, 'tool.tc').detail, 'iproute2 5.10.0');
  assert.match(find(findings, 'tool.tc').note ?? '', 'before 6.15');
  assert.is(find(findings, 'tool.logger').detail, '1.36.1');
});

test('a device in the place of our ifb, before anything is loaded', () => {
  assert.is(host.run(['unload']).status, 0);
  sh('ip link add ifb-eth0 type ifb');
  assert.ok(examine().wrong.includes('problem ifb'));
});

test('nothing loaded, and what a load that nobody knows of left behind', () => {
  rmSync(join(host.rules, 'good'), { recursive: true });
  rmSync(join(host.root, 'run/virt-shaper/history.json'), { force: true });
  const { wrong, findings } = examine();
  assert.equal(wrong, ['warning last-load', 'problem kernel-state']);
  assert.match(find(findings, 'kernel-state').hint ?? '', 'virt-shaper unload');
});

test('without root it says so, and what can be seen is seen', () => {
  chmodSync(host.root, 0o755);
  const inside = `setpriv --reuid 65534 --clear-groups ${process.execPath} ${program} --root ${host.root} doctor --json`;
  const { findings } = JSON.parse(sh(`${inside} || true`)) as { findings: Finding[] };
  assert.match(find(findings, 'user').detail, 'not root (uid 65534)');
  assert.is(find(findings, 'bridge').level, 'ok');
  assert.is(find(findings, 'kernel-state').level, 'problem');
});

test.run();
