// A host whose guests are not friends: namespaces as in host.ts, started by the hook, with what an attack needs to be
// measured: bytes at a device while something goes on, and TCP beside it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Namespaces, type Running } from '../support/netns.ts';
import { type Sending, sendFrames } from './frames.ts';
import { type Guest, guestNamed, type Host, makeHost } from './host.ts';
import { measure, type Station } from './iperf.ts';
import { callHook, type Libvirt, runVirtShaper, startGuest } from './libvirt.ts';
import { mbit } from './policy.ts';

/** Ethernet addresses of the host's bridge and of the far end of its uplink. */
export const hostMac = '52:54:00:00:ff:01';
export const outsideMac = '52:54:00:00:ff:fe';

export class AttackedHost {
  readonly spaces = new Namespaces();
  readonly root = mkdtempSync(join(tmpdir(), 'virt-shaper-attacked-'));
  host!: Host;

  /** @param routed those of the guests that are behind a router */
  static async make(config: string, guests: string[], routed: string[] = []): Promise<AttackedHost> {
    const made = new AttackedHost();
    try {
      mkdirSync(join(made.root, 'etc/virt-shaper'), { recursive: true });
      writeFileSync(join(made.root, 'etc/virt-shaper/config.toml'), config, { mode: 0o644 });
      made.host = await makeHost(made.spaces, '', {
        bridge: 'br0',
        uplink: { name: 'eth0', ceil: 0 },
        groups: {},
        guests: guests.map((name) => ({ name, rate: 0, ceil: 0, routed: routed.includes(name) })),
      });
      const { space, outside } = made.host;
      await space.ip(`link set br0 address ${hostMac}`);
      await outside.space.ip(`link set eth0 address ${outsideMac}`);
      for (const guest of made.host.guests) await startGuest(made.libvirt, guest);
      await made.host.outside.space.run('ping', ['-q', '-c1', '-w10', made.host.address[4]]);
      for (const { space: guest } of made.host.guests)
        await guest.run('ping', ['-q', '-c1', '-w10', made.outside.address[4]]);
      return made;
    } catch (error) {
      made.end();
      throw error;
    }
  }

  /** Its hook is called once more, with what it has now. */
  async again(guest: Guest): Promise<void> {
    await callHook(this.libvirt, guest, 'start', 'begin', true);
  }

  get libvirt(): Libvirt {
    return { host: this.host, bridge: 'br0', root: this.root };
  }

  get outside(): Station {
    return this.host.outside;
  }

  guest(name: string): Guest {
    return guestNamed(this.host, name);
  }

  do(...args: string[]): Promise<string> {
    return runVirtShaper(this.libvirt, args);
  }

  /** @param settings `net.ipv4.ip_forward=1` */
  async set({ space }: Station, ...settings: string[]): Promise<void> {
    const lines = settings.map((one) => {
      const [name = '', value = ''] = one.split('=');
      return `echo ${value} >/proc/sys/${name.replaceAll('.', '/')}`;
    });
    await space.run('sh', ['-ec', lines.join('\n')]);
  }

  /**
   * Sends, and looks on when what buckets let through at once is over.
   * @param during what goes on meanwhile; without it, one and a half second passes
   * @returns bits per second of whole frames that arrived at `far`, and what `during` did
   */
  attack<T = void>(
    from: Station,
    sending: Omit<Sending, 'seconds'>,
    far: Station,
    during?: () => Promise<T>,
  ): Promise<{ wire: number; found: T }> {
    return this.attackBy(sendFrames(from.space, 'eth0', { ...sending, seconds: 60 }), far, during);
  }

  /** The same by whatever sends. @param settle milliseconds until what is in buckets is gone */
  async attackBy<T = void>(
    sender: Running,
    far: Station,
    during: () => Promise<T> = async () => delay(1500) as Promise<T>,
    settle = 800,
  ): Promise<{ wire: number; found: T }> {
    try {
      await delay(settle);
      const [began, before] = [performance.now(), await received(far)];
      const found = await during();
      const bytes = (await received(far)) - before;
      return { wire: (bytes * 8 * 1000) / (performance.now() - began), found };
    } finally {
      sender.kill();
      await sender.ended;
      // What queues still hold is nobody's in what comes next.
      await delay(100);
    }
  }

  /** Bits of payload per second. */
  async tcp(from: Station, to: Station, connections = 1): Promise<number> {
    const [rate = 0] = await measure([{ from, to, family: 4, protocol: 'tcp', connections }], {
      omit: 1,
      seconds: 2.5,
    });
    return rate;
  }

  /** Bytes that a class has passed. @param subject `guest a`, as shape.tc names it */
  async counted(device: string, subject: string): Promise<number> {
    const shape = readFileSync(join(this.root, 'rules.d/shape.tc'), 'utf8');
    const line = shape
      .split('\n')
      .find((one) => one.includes(`class add dev ${device} `) && one.endsWith(`# ${subject}`));
    const id = line?.match(/classid (\S+)/)?.[1];
    const shown = await this.host.space.run('tc', [
      '-s',
      'class',
      'show',
      'dev',
      device,
      'classid',
      id ?? '',
    ]);
    return Number(shown.match(/Sent (\d+) bytes/)?.[1] ?? Number.NaN);
  }

  end(): void {
    this.spaces.remove();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Bytes that a device has taken in: of a tap, what its guest has sent. */
export async function received({ space }: Station, device = 'eth0', counter = 'rx_bytes'): Promise<number> {
  return Number(await space.run('cat', [`/sys/class/net/${device}/statistics/${counter}`]));
}

/** Of a frame's bits, those that iperf3 calls payload. */
export const tcpShare = 1448 / 1514;

export const inMbit = (bits: number) => Math.round((bits / mbit) * 100) / 100;
