// A host in the test's own namespace: two bridges with their ports, a folder for --root, the program, and
// ways to put the kernel into a state without it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rules } from '../../src/render/render.ts';
import { writeGuests } from '../../src/store/guests.ts';
import { sh } from '../kernel/host.ts';
import { MomentFiles } from './moment.ts';
import { type Policy, ports, runningGuests, toToml } from './policy.ts';

export const program =
  process.env.VIRT_SHAPER ?? fileURLToPath(new URL('../../dist/virt-shaper.js', import.meta.url));

export const ruleFiles = ['devices.ip', 'ruleset.nft', 'shape.tc'] as const satisfies (keyof Rules)[];

export interface Ended {
  /** Absent when a signal ended it. */
  status?: number;
  stderr: string;
  /** Milliseconds. */
  took: number;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

export class World {
  readonly root = mkdtempSync(join(tmpdir(), 'virt-shaper-faults-'));
  readonly rules = join(this.root, 'var/lib/virt-shaper/rules.d');
  readonly moment = new MomentFiles(this);

  constructor() {
    // Of IPv6 the far ends would send by themselves, while what passes is counted.
    sh('for of in all default; do echo 1 > /proc/sys/net/ipv6/conf/$of/disable_ipv6; done');
    for (const [bridge, { uplinks, taps }] of Object.entries(ports)) {
      sh(`ip link add ${bridge} type bridge; ip link set ${bridge} up`);
      for (const uplink of uplinks) this.plug(uplink, bridge);
      for (const tap of taps) this.plug(tap, bridge);
    }
  }

  /** A port; its other end hangs in the air, so that it needs no device there. */
  plug(port: string, bridge: string): void {
    sh(`ip link add ${port} type veth peer name w-${port}
        ip link set ${port} master ${bridge} up; ip link set w-${port} up`);
  }

  /** Starts the program; what it runs is looked for in `folder` first. */
  start(args: string[], folder?: string): Running {
    const began = performance.now();
    const path = `${folder ? `${folder}:` : ''}${process.env.PATH}`;
    const child = spawn(process.execPath, [program, '--root', this.root, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      env: { PATH: path, LC_ALL: 'C' },
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // Not `close`: what was left behind may hold stderr open.
    const ended = new Promise<Ended>((resolve) => {
      child.once('exit', (status) => {
        const took = performance.now() - began;
        setImmediate(() => resolve({ ...(status === null ? {} : { status }), stderr, took }));
      });
    });
    return { child, ended };
  }

  run(args: string[], folder?: string): Promise<Ended> {
    return this.start(args, folder).ended;
  }

  async help(command: string): Promise<string> {
    return sh(`${process.execPath} ${program} ${command} --help`);
  }

  /** What the command prints. */
  read(...args: string[]): string {
    return sh(`${process.execPath} ${program} --root ${this.root} ${args.join(' ')}`);
  }

  /** Frames of every running guest, of which nobody knows the receiver. */
  async send({ guests }: Policy): Promise<void> {
    for (const { taps, runs } of guests) {
      const [tap] = runs ? taps : [];
      if (tap !== undefined) await sendFrames(tap);
    }
  }

  /** @returns what the program renders for the policy */
  async render(policy: Policy): Promise<Rules> {
    mkdirSync(join(this.root, 'etc/virt-shaper'), { recursive: true });
    writeFileSync(join(this.root, 'etc/virt-shaper/config.toml'), toToml(policy), { mode: 0o644 });
    writeGuests(join(this.root, 'run/virt-shaper/guests.json'), runningGuests(policy));
    await this.moment.write(policy);
    const { status, stderr } = await this.run(['render']);
    if (status !== 0) throw new Error(`render: ${stderr}\n${toToml(policy)}`);
    return this.readRules(this.rules);
  }

  readRules(folder: string): Rules {
    const read = (name: string) =>
      existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
    return {
      'devices.ip': read('devices.ip'),
      'ruleset.nft': read('ruleset.nft'),
      'shape.tc': read('shape.tc'),
      'settings.sysctl': read('settings.sysctl'),
    };
  }

  writeRules(rules: Rules): void {
    for (const name of ruleFiles) writeFileSync(join(this.rules, name), rules[name]);
  }

  good(): Rules {
    return this.readRules(join(this.rules, 'good'));
  }

  /** Every file below /run and rules.d, as nobody but the program writes there. */
  files(): string[] {
    return [join(this.root, 'run'), this.rules].flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [],
    );
  }

  /** As an administrator without virt-shaper would. */
  loadByHand(rules: Rules): void {
    for (const name of ruleFiles) writeFileSync(join(this.root, name), rules[name]);
    sh(`cd ${this.root}; ip -batch devices.ip; tc -batch shape.tc; nft -f ruleset.nft`);
  }

  /** Takes out what anybody set, and what the program remembers in /run. */
  clean(): void {
    const trees = Object.values(ports).flatMap(({ uplinks, taps }) => [...uplinks, ...taps]);
    const lines = trees.flatMap((port) => [`qdisc del dev ${port} root`, `qdisc del dev ${port} clsact`]);
    sh(
      `tc -force -batch - 2>/dev/null || true
        for d in /sys/class/net/*; do case $(cat $d/ifalias) in virt-shaper*) ip link del dev \${d##*/};; esac; done
        for d in /sys/class/net/ifb*; do if [ -e $d ]; then ip link del dev \${d##*/}; fi; done
        nft flush ruleset`,
      `${lines.join('\n')}\n`,
    );
    rmSync(join(this.rules, 'good'), { recursive: true, force: true });
    for (const name of existsSync(join(this.root, 'run/virt-shaper'))
      ? readdirSync(join(this.root, 'run/virt-shaper'))
      : []) {
      if (!['guests.json', 'kernel.json'].includes(name))
        rmSync(join(this.root, 'run/virt-shaper', name), { recursive: true, force: true });
    }
  }

  /** Until no child of a program that was killed is at work any more. */
  async quiet(): Promise<void> {
    for (let waited = 0; waited < 10_000; waited += 5) {
      if (!workers()) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('a call of nft, tc or ip does not end');
  }

  end(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** 28,000 bytes by the far end of a tap, whose address is made where it has none. */
async function sendFrames(tap: string): Promise<void> {
  const net = `10.77.${tap.replace(/\D/g, '')}`;
  sh(`ip address replace ${net}.1/24 dev w-${tap}
    ip neighbour replace ${net}.9 lladdr 02:00:00:00:00:99 dev w-${tap} nud permanent`);
  const socket = createSocket('udp4').bind(0, `${net}.1`);
  await once(socket, 'listening');
  for (let frame = 0; frame < 20; frame += 1)
    await new Promise((resolve) => socket.send(Buffer.alloc(1400), 9, `${net}.9`, resolve));
  socket.close();
}

/** @returns whether a nft, tc or ip runs in this namespace of processes, snapshots aside */
function workers(): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [, comm, state] = /\((.*)\) (\S)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      return state !== 'Z' && ['nft', 'tc', 'ip', 'flock'].includes(comm ?? '');
    } catch {
      return false; // It ended meanwhile.
    }
  });
}
