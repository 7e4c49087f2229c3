// A host whose guests send and receive real frames in namespaces of their own, and what of them crossed the wire.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Direction, directions } from '../../src/units/units.ts';
import { domainXml, sh, TestHost } from './host.ts';

export class UsageHost extends TestHost {
  private sending: ChildProcess[] = [];

  begin(taps: string[]): this {
    this.inside('wire', 'w-eth0', 254);
    for (const tap of taps) {
      const last = 10 + Number(tap.slice(-1));
      this.inside(`ns-${tap}`, `g-${tap}`, last);
      sh(`ip -n wire neigh replace 10.9.0.${last} lladdr ${mac(last)} dev e0
        ip -n ns-${tap} neigh replace 10.9.0.254 lladdr ${mac(254)} dev e0`);
    }
    return this;
  }

  private inside(name: string, device: string, last: number): void {
    sh(`ip netns add ${name}; ip link set ${device} netns ${name} name e0 address ${mac(last)}
      ip netns exec ${name} sysctl -qw net.ipv6.conf.all.disable_ipv6=1
      ip -n ${name} link set e0 up; ip -n ${name} address add 10.9.0.${last}/24 dev e0`);
  }

  startGuest(name: string, tap: string): void {
    const { status, stderr } = this.hook(name, 'start', { [tap]: 'br0' });
    assert.is(status, 0, stderr);
  }

  stopGuest(name: string): void {
    const { status, stderr } = this.run(['hook', 'qemu', name, 'stopped', 'end', '-'], {
      input: domainXml(name, {}),
    });
    assert.is(status, 0, stderr);
  }

  /** UDP both ways, some 40 mbit each. */
  send(...taps: string[]): void {
    for (const tap of taps) {
      const last = 10 + Number(tap.slice(-1));
      this.sending.push(flood(`ns-${tap}`, '10.9.0.254'), flood('wire', `10.9.0.${last}`));
    }
  }

  /** Until so many megabytes more have passed each way, which a busy machine takes longer for. */
  async passing(megabytes: number): Promise<void> {
    const taps = ['vnet0', 'vnet1'];
    const before = this.wire(taps);
    const enough = (way: Direction) => this.wire(taps)[way] - before[way] >= megabytes * 1e6;
    for (let tries = 0; !directions.every(enough) && tries < 300; tries += 1) await pause(100);
  }

  /** And until what waits has passed. */
  async quiet(): Promise<void> {
    for (const child of this.sending) child.kill('SIGKILL');
    this.sending = [];
    await pause(700);
  }

  /** Bytes of a guest's frames that have crossed the wire so far: sent ones as they arrive there, received ones at the guest. */
  wire(taps: string[]): Record<Direction, number> {
    const bytes = (name: string) =>
      Number(sh(`ip netns exec ${name} cat /sys/class/net/e0/statistics/rx_bytes`));
    return { out: bytes('wire'), in: taps.reduce((sum, tap) => sum + bytes(`ns-${tap}`), 0) };
  }

  /** Of all days, as the ledger has them on the disk. */
  counted(subject: string): Record<Direction, number> {
    const file = join(this.root, 'var/lib/virt-shaper/usage/now.json');
    const { accounts } = JSON.parse(readFileSync(file, 'utf8'));
    const [out = 0, receiving = 0] = accounts[subject]?.total ?? [];
    return { out, in: receiving };
  }

  override end(): void {
    for (const child of this.sending) child.kill('SIGKILL');
    spawnSync('ip', ['-all', 'netns', 'delete']);
    super.end();
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function mac(last: number): string {
  return `52:54:00:6d:90:${last.toString(16).padStart(2, '0')}`;
}

function flood(name: string, address: string): ChildProcess {
  const program = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('error', () => {});
    const text = Buffer.alloc(1400);
    socket.bind(() => setInterval(() => {
      for (let at = 0; at < 18; at += 1) socket.send(text, 9, '${address}', () => {});
    }, 5));`;
  return spawn('ip', ['netns', 'exec', name, process.execPath, '-e', program], { stdio: 'ignore' });
}
