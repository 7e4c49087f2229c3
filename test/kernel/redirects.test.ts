// Each way to send what is marked to the ifb, forced where the kernel can do it: what is kept in /run of the
// kernel's features is believed. Real frames take the way; what is not marked does not.
import * as assert from 'uvu/assert';
import type { RedirectKind } from '../../src/host/host.ts';
import { chooseKernel, readLacking } from '../../src/host/kernel.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { packets, sh, TestHost } from './host.ts';

const needs = needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'ping', 'flock');
const lacking = needs === undefined ? await readLacking() : new Set<string>();

const ways: [RedirectKind, module: string, shown: RegExp][] = [
  ['fw', 'cls_fw', /handle 0x76730010/],
  ['bpf', 'cls_bpf', /bytecode '4,32 0 0 4294963220,21 0 1 1987248144,/],
  ['u32', 'cls_u32_mark', /mark 0x76730010 0xffffffff/],
];

function force(host: TestHost, redirect: RedirectKind): void {
  const release = sh('uname -r').trim();
  const { leaf, lacking: leaves } = chooseKernel(lacking);
  host.write('run/virt-shaper/kernel.json', JSON.stringify({ release, leaf, redirect, lacking: leaves }));
}

const config = (id: number, unmarked: number) =>
  `[uplink.eth0]\nceil = "1gbit"\nunmarked.id = ${unmarked}\n[guest.cliff]\nid = ${id}\n`;

/** From the wire, and from the host itself: a bridge sends what it does not know to every port. */
function talk(): void {
  sh(`ip addr replace 10.9.1.1/24 dev w-eth0; ip neigh replace 10.9.1.2 lladdr 52:54:00:6d:90:01 dev w-eth0
      ip addr replace 10.9.2.1/24 dev br0; ip neigh replace 10.9.2.2 lladdr 02:00:00:00:00:03 dev br0
      ping -q -c 3 -i 0.01 -W 1 -I w-eth0 10.9.1.2 || true
      ping -q -c 30 -i 0.01 -W 1 10.9.2.2 || true`);
}

const count = (text: string, form: RegExp) => text.match(new RegExp(form, 'g'))?.length ?? 0;

function mustBeWhole(host: TestHost, what: string): void {
  const { status, stdout, stderr } = host.run(['verify']);
  assert.is(status, 0, `${what}: ${stdout}${stderr}`);
  const filters = sh('tc filter show dev vnet0 egress');
  assert.is(count(filters, /Redirect to device/), 1, `${what}: ${filters}`);
}

for (const [redirect, module, shown] of ways) {
  const reason = lacking.has(module) ? `this kernel has no ${module}` : undefined;
  unless(needs ?? reason)(`what is marked is sent to the ifb by ${redirect}`, () => {
    const host = new TestHost(config(0x10, 0x333)).bridge('br0', 'eth0').tap('vnet0');
    try {
      force(host, redirect);
      const { status, stderr } = host.hook('cliff', 'start', { vnet0: 'br0' });
      assert.is(`${status} ${stderr}`, '0 ');
      assert.match(sh('tc filter show dev vnet0 egress'), shown);
      mustBeWhole(host, 'loaded');
      talk();
      assert.ok(packets('ifb-eth0', '2:10') >= 3, sh('tc -s class show dev ifb-eth0'));
      // An ifb says a few words of its own, of IPv6.
      assert.ok(packets('ifb-eth0', '2:333') < 20, 'what is not marked stays out');

      host.configure(config(0x20, 0x333));
      assert.is(host.run(['sync']).status, 0);
      mustBeWhole(host, 'another mark');

      // The default class of a tree cannot be changed: the taps are led elsewhere while it is made anew.
      host.configure(config(0x20, 0x444));
      assert.is(host.run(['sync']).status, 0);
      mustBeWhole(host, 'rebuilt');

      sh('tc qdisc del dev vnet0 clsact');
      assert.is(host.run(['load']).status, 0);
      mustBeWhole(host, 'taken out by hand');

      for (const [other, needed] of ways) {
        if (other === redirect || lacking.has(needed)) continue;
        force(host, other);
        const changed = host.run(['--quiet', 'sync']);
        assert.is(`${changed.status} ${changed.stderr}`, '0 ', `changed to ${other}`);
        mustBeWhole(host, `changed to ${other}`);
      }
      assert.is(host.run(['unload']).status, 0);
      assert.not.match(
        sh('tc qdisc show'),
        /clsact|htb/,
        sh('tc qdisc show; tc filter show dev vnet0 egress'),
      );
    } finally {
      host.end();
    }
  });
}

unless(needs)('a u32 that forgets its mark is not taken for one', () => {
  sh('ip link add probe0 type veth peer name probe1; tc qdisc add dev probe0 clsact');
  sh(`tc filter add dev probe0 egress protocol all pref 1 u32 match mark 0x1 0xffffffff \
      action mirred egress redirect dev probe1`);
  const kept = /mark 0x0*1 0xffffffff/.test(sh('tc filter show dev probe0 egress'));
  sh('ip link del probe0');
  assert.is(lacking.has('cls_u32_mark'), !kept);
});

unless(needs).run();
