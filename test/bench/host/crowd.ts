// A host with many guests: bridges with at most 1,000 taps each, an uplink for each of them, and a folder for
// /etc, /run and /var in which the guests are noted as running. The taps are real ones, whose guests are silent.
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeHookCommand, shellQuote } from '../../../src/hooks/hook-file.ts';
import { hookText } from '../../../src/hooks/hook-script.ts';
import { writeGuests } from '../../../src/store/guests.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { domainXml } from '../../kernel/host.ts';
import { awaitCalls } from '../../support/hook-calls.ts';
import type { Namespaces } from '../../support/netns.ts';
import type { Bench } from '../section.ts';
import { Place, type Timed } from './place.ts';

/** A bridge has at most 1,023 ports. */
const portsPerBridge = 1000;

/** `pattern`: one entry for all guests. `entries`: each guest has its own, and ten share a group. */
export type Entries = 'pattern' | 'entries';

export const newcomer = 'vm-new';

/** How many guests are many. */
export function manyOf({ quick }: Pick<Bench, 'quick'>): number {
  return quick ? 100 : 1000;
}

export function count(number: number): string {
  return number.toLocaleString('en-US');
}

export class Crowd {
  private constructor(
    readonly place: Place,
    /** The folder given as --root. */
    readonly root: string,
    readonly size: number,
    readonly program: string,
    private readonly hookFile: string,
  ) {}

  /** @param size guests that run; the newcomer is one more */
  static async make(
    bench: Bench,
    spaces: Namespaces,
    label: string,
    size: number,
    entries: Entries = 'pattern',
  ): Promise<Crowd> {
    const root = join(bench.scratch, label);
    const program = [process.execPath, bench.program];
    mkdirSync(join(root, 'etc/virt-shaper'), { recursive: true });
    // As on a host, where /run is memory and /var a disk: the namespace's own /run is.
    const memory = mkdtempSync('/run/virt-shaper-bench-');
    symlinkSync(memory, join(root, 'run'));
    writeFileSync(join(root, 'etc/virt-shaper/config.toml'), config(size, entries), { mode: 0o644 });
    const hookFile = join(root, 'hook');
    writeFileSync(hookFile, hookText('qemu', makeHookCommand(program, makePaths({ root }))), { mode: 0o755 });
    const place = await Place.make(spaces, label);
    await plug(place, size);
    const crowd = new Crowd(place, root, size, bench.program, hookFile);
    crowd.note();
    return crowd;
  }

  /** The guests that run, without the newcomer. */
  note(count = this.size): void {
    writeGuests(
      join(this.root, 'run/virt-shaper/guests.json'),
      Array.from({ length: count }, (_, index) => ({
        name: `vm-${index}`,
        driver: 'qemu' as const,
        nics: [
          {
            tap: `vnet${index}`,
            bridge: `br${bridgeOf(index)}`,
            mac: macOf(domainXml('', { tap: 'bridge' })),
          },
        ],
      })),
    );
  }

  /** Runs the program. @param env beside what libvirt gives */
  run(args: string[], env: Record<string, string> = {}, status: number | null = 0): Promise<Timed> {
    return this.place.run(process.execPath, [this.program, '--root', this.root, ...args], { env, status });
  }

  /** A line of sh that runs the program. */
  line(args: string[]): string {
    return [process.execPath, this.program, '--root', this.root, ...args].map(shellQuote).join(' ');
  }

  /** A line of sh that makes one of libvirt's calls for the newcomer. */
  call(operation: string): string {
    const xml = join(this.root, 'newcomer.xml');
    writeFileSync(xml, this.newcomerXml());
    return `${shellQuote(this.hookFile)} ${newcomer} ${operation} begin - <${shellQuote(xml)}`;
  }

  /** What libvirt does when the newcomer starts or ends: its tap is there before, and gone by then. */
  async hook(operation: 'start' | 'stopped', env: Record<string, string> = {}): Promise<Timed> {
    const args = [newcomer, operation, operation === 'start' ? 'begin' : 'end', '-'];
    const call = async () => {
      const ended = await this.place.run(this.hookFile, args, { input: this.newcomerXml(), env });
      awaitCalls(makePaths({ root: this.root }).hookCalls);
      return ended;
    };
    const timed = await (operation === 'start' ? call() : this.withoutTap(call));
    // The file of libvirt's hooks passes on no failure but a refusal.
    if (timed.stderr !== '') throw new Error(`hook ${operation}: ${timed.stderr}`);
    return timed;
  }

  /** Guests that are there already start at once, all of them told of anew. @returns until the last is shaped */
  async together(names: number): Promise<Timed> {
    const folder = join(this.root, 'together');
    mkdirSync(folder, { recursive: true });
    for (let index = 0; index < names; index += 1) {
      const xml = domainXml(`vm-${index}`, { [`vnet${index}`]: `br${bridgeOf(index)}` });
      writeFileSync(join(folder, String(index)), xml);
    }
    const timed = await this.place.sh(`cd ${folder}
      for xml in *; do ${this.hookFile} "vm-$xml" start begin - <"$xml" & done
      wait`);
    if (timed.stderr !== '') throw new Error(`starts at once: ${timed.stderr}`);
    return timed;
  }

  /** What is done when the newcomer's tap has gone; then there is one for the next start. */
  async withoutTap<T>(work: () => Promise<T>): Promise<T> {
    const tap = `vnet${this.size}`;
    await this.place.run('ip', ['link', 'del', 'dev', tap]);
    try {
      return await work();
    } finally {
      const lines = `tuntap add dev ${tap} mode tap\nlink set ${tap} master br${bridgeOf(this.size - 1)} up\n`;
      await this.place.run('ip', ['-batch', '-'], { input: lines });
    }
  }

  newcomerXml(): string {
    return domainXml(newcomer, { [`vnet${this.size}`]: `br${bridgeOf(this.size - 1)}` });
  }

  rules(file: 'devices.ip' | 'shape.tc' | 'ruleset.nft'): string {
    return join(this.root, 'var/lib/virt-shaper/rules.d', file);
  }

  /** @throws when the guests in force are not so many */
  expect(guests: number): void {
    const count = (readFileSync(this.rules('shape.tc'), 'utf8').match(/^ *class .*# guest /gm) ?? []).length;
    if (count !== 2 * guests) throw new Error(`${count / 2} guests are shaped, not ${guests}`);
  }
}

/** Who has none makes another table than the newcomer, who has the address of his XML. */
function macOf(xml: string): string {
  return xml.match(/mac address='([^']+)'/)?.[1] ?? '';
}

function bridgeOf(index: number): number {
  return Math.floor(index / portsPerBridge);
}

async function plug(place: Place, size: number): Promise<void> {
  const bridges = Array.from({ length: bridgeOf(size - 1) + 1 }, (_, index) => index);
  const taps = Array.from({ length: size + 1 }, (_, index) => index);
  const lines = [
    ...bridges.flatMap((index) => [
      `link add br${index} type bridge`,
      `link set br${index} up`,
      `link add eth${index} type veth peer name wire${index}`,
      `link set eth${index} master br${index} up`,
      `link set wire${index} up`,
    ]),
    ...taps.map((index) => `tuntap add dev vnet${index} mode tap`),
    ...taps.map((index) => `link set vnet${index} master br${bridgeOf(Math.min(index, size - 1))} up`),
  ];
  await place.run('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}

function config(size: number, entries: Entries): string {
  const uplinks = Array.from(
    { length: bridgeOf(size - 1) + 1 },
    (_, index) => `[uplink.eth${index}]\nbridge = "br${index}"\nceil = "10gbit"\n`,
  );
  const values = 'rate = "100kbit"\nceil = "10mbit"\n';
  if (entries === 'pattern') return `${uplinks.join('\n')}\n[guest."vm-*"]\n${values}`;
  const groups = Array.from(
    { length: Math.ceil(size / 10) },
    (_, index) => `[group.customer-${index}]\nceil = "50mbit"\n`,
  );
  const guests = Array.from(
    { length: size },
    (_, index) => `[guest.vm-${index}]\ngroup = "customer-${Math.floor(index / 10)}"\n${values}`,
  );
  return [...uplinks, ...groups, ...guests, `[guest.${newcomer}]\n${values}`].join('\n');
}
