// A small host and what its administrator, its guests and others do on it, with what must be so after each step kept
// beside it: which files rules.d and what is in force came from, and what is of others.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '../faults/random.ts';
import { type Fault, type FaultKind, Wrapper } from '../faults/wrapper.ts';
import { type Result, sh } from '../kernel/host.ts';
import { InsideHost } from '../kernel/inside.ts';
import { type Files, filesOf, firstSettings, type Settings } from './settings.ts';

const bridges = { br0: 'eth0', br1: 'eth1' };
/** A bridge without a port of its own: its guests are routed by eth0 (settings.ts). */
export const routed = 'virbr0';
export const places = [...Object.keys(bridges), routed];
export const taps = ['vnet0', 'vnet1', 'vnet2', 'vnet3', 'vnet4', 'vnet5'];

export class Life extends InsideHost {
  readonly wrapper = new Wrapper(this.root);
  settings: Settings = firstSettings;
  /** Guests that run -> tap -> bridge. */
  readonly running = new Map<string, Record<string, string>>();
  /** What rules.d, and what is in force, was made from. */
  rendered: Files | undefined;
  inForce: Files | undefined;
  /** Since the last unload nobody has loaded. */
  unloaded = false;
  /** Nobody knows what the kernel holds until a load succeeds. */
  dirty = false;
  /** Somebody has changed what is ours, until the whole of it is read again. */
  drifted = false;
  /** Before the last step, too: then it may have mended something besides. */
  wasDrifted = false;
  /** What others have put where we are, as commands that show it and what they must show. */
  readonly others: { tap: string; shows: string; text: string }[] = [];

  constructor(readonly random: Random) {
    super('');
    for (const [bridge, uplink] of Object.entries(bridges)) this.bridge(bridge, uplink);
    sh(`ip link add ${routed} type bridge; ip link set ${routed} up`);
    this.write('run/libvirt/qemu/.keep', '');
    this.edit(firstSettings);
  }

  edit(settings: Settings): void {
    this.settings = settings;
    rmSync(join(this.root, 'etc'), { recursive: true, force: true });
    for (const [path, text] of Object.entries(this.files())) this.write(path, text);
  }

  files(): Files {
    return filesOf(this.settings);
  }

  good(): string | undefined {
    const good = join(this.rules, 'good');
    return existsSync(good) ? textIn(good) : undefined;
  }

  /** The configuration that rules.d, or what is in force, came from. */
  source(place = ''): string | undefined {
    const file = join(this.rules, place, '.source.json');
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  rendering(): string | undefined {
    return existsSync(join(this.rules, 'shape.tc')) ? textIn(this.rules) : undefined;
  }

  freeTaps(): string[] {
    const used = [...this.running.values()].flatMap((own) => Object.keys(own));
    return taps.filter((tap) => !used.includes(tap));
  }

  plug(tap: string, bridge: string): void {
    // A new tap of a name that is in force has nothing of what was on the old one.
    if (this.good()?.includes(` dev ${tap} `)) this.drifted = true;
    if (isDevice(tap)) sh(`ip link set ${tap} master ${bridge}`);
    else this.tap(tap, bridge);
  }

  unplug(tap: string): void {
    sh(`ip link del ${tap}`);
    for (const [index, { tap: at }] of [...this.others.entries()].reverse()) {
      if (at === tap) this.others.splice(index, 1);
    }
  }

  /** As libvirt writes it once the guest runs. */
  writeStatus(name: string): void {
    this.runs(name, this.running.get(name) ?? {});
  }

  removeStatus(name: string): void {
    rmSync(join(this.root, `run/libvirt/qemu/${name}.xml`), { force: true });
  }

  /** What is called has a fault at one call. */
  async withFault<T>(fault: Fault | undefined, work: () => Promise<T>): Promise<T> {
    if (!fault) return work();
    this.wrapper.plan(fault);
    this.before = this.wrapper.folder;
    try {
      return await work();
    } finally {
      this.before = '';
    }
  }

  /** A process of its own, killed at one of its calls. */
  kill(args: string[]): Result {
    const kind = this.random.pick<FaultKind>(['kill-before', 'kill-after', 'kill-line']);
    this.wrapper.plan({ kind, at: this.random.integer(1, 8), line: this.random.integer(1, 6) });
    return this.run(args, { path: `${this.wrapper.folder}:${process.env.PATH}` });
  }

  meet(tap: string, command: string, shows: string, text: string): void {
    sh(command);
    this.others.push({ tap, shows, text });
  }
}

const ruleFiles = ['devices.ip', 'shape.tc', 'ruleset.nft'];

export function textIn(folder: string): string {
  return ruleFiles.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n=====\n');
}

export function isDevice(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

export function copyTo(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  sh(`cp ${from} ${to}`);
}
