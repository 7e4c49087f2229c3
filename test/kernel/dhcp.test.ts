// DHCP as it really goes: dnsmasq on a bridge of the host's, as libvirt has it, or outside behind an uplink, and a guest's
// client that has no address yet. Limits of what one may send, and storms of neighbours, keep nobody from his lease.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, sh, TestHost } from './host.ts';
import { counted, endSpaces, guestNic } from './stack.ts';

const test = unless(
  needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'ping', 'dnsmasq', 'busybox'),
);

const config = (limits: string) => `
[uplink.eth0]
ceil = "1gbit"
routed = "virbr0"
[defaults]
rate = "1mbit"
ceil = "100mbit"
${limits}
[guest.alice]
id = 0x10
[guest.bob]
id = 0x11
macs = ["02:00:00:00:00:77"]
[guest.mallory]
id = 0x12
`;

/** Of each guest's XML; the first NIC of `mallory` is beside alice, the second beside bob. */
const taps = {
  alice: { vnet0: ['virbr0', '52:54:00:6d:90:10'] },
  bob: { vnet1: ['br0', '52:54:00:6d:90:11'] },
  mallory: { vnet2: ['virbr0', '52:54:00:6d:90:12'], vnet3: ['br0', '52:54:00:6d:90:13'] },
} as const;

const script = '/run/dhcp-bound';
const started: ChildProcess[] = [];
let host: TestHost;

/** virbr0 is 10.8.0.0/24 with dnsmasq on the host, br0 10.9.0.0/24 with dnsmasq at the far end of eth0, `wire`. */
function onHost(limits: string, body: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    host = new TestHost(config(limits));
    try {
      // What IPv6 says by itself there is for all, too.
      sh(`ip link set lo up; ip netns add wire; ip netns exec wire sysctl -qw net.ipv6.conf.all.disable_ipv6=1
          ip netns exec wire sysctl -qw net.ipv6.conf.default.disable_ipv6=1; ip -n wire link set lo up
          ip link add eth0 type veth peer name eth0 netns wire; ip link set eth0 up; ip -n wire link set eth0 up
          for bridge in br0 virbr0; do ip link add $bridge type bridge; ip link set $bridge up; done
          ip link set eth0 master br0; ip addr add 10.8.0.1/24 dev virbr0; ip -n wire addr add 10.9.0.1/24 dev eth0`);
      writeFileSync(
        script,
        `#!/bin/sh\n[ "$1" = bound ] && ip addr add $ip/$mask dev $interface && echo lease $ip from $serverid by $router\n`,
        { mode: 0o755 },
      );
      dnsmasq([], 'virbr0', '10.8.0');
      dnsmasq(['ip', 'netns', 'exec', 'wire'], 'eth0', '10.9.0');
      for (const [name, nics] of Object.entries(taps)) begin(name, nics);
      await body();
    } finally {
      for (const one of started.splice(0)) one.kill('SIGKILL');
      endSpaces();
      host.end();
      sh('echo 0 >/proc/sys/net/ipv4/fwmark_reflect; echo 0 >/proc/sys/net/ipv6/fwmark_reflect');
    }
  };
}

function dnsmasq(inside: string[], device: string, net: string): void {
  const args = [
    ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--pid-file=', '--user=root'],
    ...[`--interface=${device}`, '--bind-interfaces', '--leasefile-ro', '--dhcp-authoritative', '--no-ping'],
    `--dhcp-range=${net}.100,${net}.150,1h`,
  ];
  const [command = '', ...rest] = [...inside, ...args];
  started.push(spawn(command, rest, { stdio: 'ignore' }));
}

function begin(name: string, nics: Record<string, readonly [string, string]>): void {
  let xml = domainXml(name, Object.fromEntries(Object.entries(nics).map(([tap, [bridge]]) => [tap, bridge])));
  for (const [at, [tap, [bridge, mac]]] of Object.entries(nics).entries()) {
    guestNic(name, tap, bridge, `192.168.${at}.1`);
    // Without an address, as it starts.
    sh(`ip -n ${name} addr flush dev g-${tap}; ip -n ${name} link set g-${tap} address ${mac}`);
    xml = xml.replace('52:54:00:6d:90:01', mac);
  }
  const { status, stderr } = host.run(['hook', 'qemu', name, 'start', 'begin', '-'], { input: xml });
  assert.equal({ status, stderr }, { status: 0, stderr: '' });
}

/** DISCOVER, OFFER, REQUEST and ACK. @param more options of the client @returns what it was told */
function lease(name: string, tap: string, ...more: string[]): string {
  const client = ['busybox', 'udhcpc', '-f', '-q', '-n', '-t', '20', '-T', '1', '-s', script];
  const { status, stdout, stderr } = spawnSync(
    'ip',
    ['netns', 'exec', name, ...client, '-i', `g-${tap}`, ...more],
    { encoding: 'utf8' },
  );
  assert.is(status, 0, `${name}: ${stdout}${stderr}`);
  return stdout.match(/^lease .*/m)?.[0] ?? stdout;
}

const packets = (device: string, id: string) => counted(device, id).packets;

for (const [what, limits] of Object.entries({
  'without limits': '',
  'with limits of what a guest may send': 'local = "64kbit"\npps = 20\nstorm = 5',
})) {
  test(
    `a lease ${what}: from the host to a routed guest, from outside to a bridged one`,
    onHost(limits, () => {
      const alice = () => [packets('eth0', '1:10'), packets('ifb-eth0', '2:10')];
      const none = alice();
      assert.match(lease('alice', 'vnet0'), /^lease 10\.8\.0\.1\d\d from 10\.8\.0\.1 by 10\.8\.0\.1$/);
      assert.equal(alice(), none, 'what is between a guest and the host is in no class');
      sh('ip netns exec alice ping -q -c 1 -w 10 10.8.0.1');

      const bob = () => [packets('eth0', '1:11'), packets('ifb-eth0', '2:11'), packets('ifb-eth0', '2:ff00')];
      const grown = (before: number[]) => bob().map((count, at) => count - (before[at] ?? 0));
      let before = bob();
      assert.match(lease('bob', 'vnet1'), /^lease 10\.9\.0\.1\d\d from 10\.9\.0\.1 by 10\.9\.0\.1$/);
      const [out = 0, into = 0, flooded = 0] = grown(before);
      assert.ok(out >= 2 && into >= 2, `DISCOVER and REQUEST ${out}, OFFER and ACK ${into}`);
      assert.ok(flooded < 2, `${flooded} for all`);
      sh('ip netns exec bob ping -q -c 1 -w 10 10.9.0.1');

      // An answer to all is in the class of what is for all.
      sh('ip -n bob addr flush dev g-vnet1');
      before = bob();
      lease('bob', 'vnet1', '-B');
      assert.ok((grown(before)[2] ?? 0) >= 2, `${grown(before)}`);

      // By an address of `macs`, as a guest within the guest does.
      sh('ip -n bob addr flush dev g-vnet1; ip -n bob link set g-vnet1 address 02:00:00:00:00:77');
      before = bob();
      lease('bob', 'vnet1');
      assert.ok((grown(before)[1] ?? 0) >= 2, `${grown(before)}`);
    }),
  );
}

/** To all, as fast as it goes, from a process of its own. */
function storm(name: string, tap: string, net: string): void {
  sh(`ip -n ${name} addr add ${net}.99/24 brd ${net}.255 dev g-${tap}`);
  const program = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.bind(() => {
      socket.setBroadcast(true);
      const more = () => socket.send('x'.repeat(400), 67, '${net}.255', () => setImmediate(more));
      more();
    });`;
  started.push(spawn('ip', ['netns', 'exec', name, process.execPath, '-e', program], { stdio: 'ignore' }));
}

test(
  'a lease while a neighbour sends to all as fast as it can, and his `storm` limits it',
  onHost('local = "1mbit"\npps = 1000\nstorm = 20', async () => {
    const dropped = () =>
      [
        ...sh('nft list table bridge virt-shaper').matchAll(
          /counter packets (\d+) .*comment "mallory storm"/g,
        ),
      ].reduce((sum, [, count]) => sum + Number(count), 0);
    storm('mallory', 'vnet2', '10.8.0');
    storm('mallory', 'vnet3', '10.9.0');
    for (let tries = 0; dropped() < 500; tries += 1) {
      assert.ok(tries < 600, 'nothing is dropped');
      await pause(100);
    }
    assert.match(lease('alice', 'vnet0'), /^lease 10\.8\.0/);
    assert.match(lease('bob', 'vnet1'), /^lease 10\.9\.0/);
    const before = dropped();
    await pause(200);
    assert.ok(dropped() > before, 'it went on meanwhile');
  }),
);

test.run();
