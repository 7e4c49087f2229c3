// What the kernel holds, read with one look: as data for the tracer, and as text in which two kernels that hold
// the same are the same (no counters, handles of nft, or order that means nothing).
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseFilters } from './filter-json.ts';

export interface Qdisc {
  kind: string;
  handle: string;
  dev: string;
  root?: boolean;
  parent?: string;
  options: Record<string, unknown>;
}

export interface HtbClass {
  id: string;
  parent?: string;
  /** As tc prints them, in bits per second. */
  rate: number;
  ceil: number;
  isLeaf: boolean;
}

export interface Filter {
  pref: number;
  kind: string;
  options?: {
    handle?: string | number;
    /** Of a hash table of u32, which is listed like a filter. */
    ht_divisor?: number;
    match?: { value: string; mask: string };
    bytecode?: { insns: { code: number; jt: number; jf: number; k: number }[] };
    actions?: { kind: string; mirred_action?: string; to_dev?: string }[];
  };
}

export interface Kernel {
  devices: Map<string, { up: boolean }>;
  qdiscs: Qdisc[];
  /** By device, then by id. */
  classes: Map<string, Map<string, HtbClass>>;
  egress: Map<string, Filter[]>;
  /** Filters of the root qdisc. */
  atRoot: Map<string, Filter[]>;
  nft: Record<string, Record<string, unknown>>[];
  /** Equal for two kernels that hold the same. */
  text: string;
}

const script = fileURLToPath(new URL('snapshot.sh', import.meta.url));

export class Snapshots {
  private readonly shell: ChildProcessWithoutNullStreams;
  private output = '';
  private waiting: ((text: string) => void)[] = [];
  taken = 0;

  constructor() {
    this.shell = spawn('sh', [script], { env: { ...process.env, LC_ALL: 'C' } });
    this.shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      for (let end = this.output.indexOf('@@end\n'); end >= 0; end = this.output.indexOf('@@end\n')) {
        this.waiting.shift()?.(this.output.slice(0, end));
        this.output = this.output.slice(end + 6);
      }
    });
    this.shell.stderr.pipe(process.stderr);
  }

  async take(): Promise<Kernel> {
    this.taken += 1;
    const text = await new Promise<string>((resolve) => {
      this.waiting.push(resolve);
      this.shell.stdin.write('\n');
    });
    return readKernel(text);
  }

  end(): void {
    this.shell.stdin.end();
  }
}

function readKernel(output: string): Kernel {
  const [qdiscs = '', nft = '', links = '', names = '', classes = '', filters = ''] = output.split('@@\n');
  const devices = names.trim().split(' ');
  const qdiscList = JSON.parse(qdiscs) as Qdisc[];
  const linkList = JSON.parse(links) as Record<string, unknown>[];
  const nftList = (JSON.parse(nft || '{"nftables":[]}') as { nftables: Kernel['nft'] }).nftables;
  // What is learned from traffic is nobody's doing.
  for (const { set } of nftList) if (set && /^learn(ed|ers)$/.test(String(set.name))) delete set.elem;
  const classLists = classes.split(/^qdisc .*\n/m).slice(1);
  const filterLists = filters
    .split(/^\[\{"kind":"noqueue".*\n/m)
    .slice(1)
    .map((text) => parseFilters<Filter>(text.match(/^\[[\s\S]*\]$/m)?.[0] ?? '[]'));
  const filtersAt = (way: number) =>
    new Map(devices.map((device, index) => [device, held(filterLists[index * 3 + way] ?? [])]));
  return {
    devices: new Map(
      linkList.map(({ ifname, flags }) => [String(ifname), { up: (flags as string[]).includes('UP') }]),
    ),
    qdiscs: qdiscList,
    classes: new Map(devices.map((device, index) => [device, readClasses(classLists[index] ?? '')])),
    egress: filtersAt(0),
    atRoot: filtersAt(2),
    nft: nftList,
    text: [
      ...linkList.map(({ ifname, master, ifalias, txqlen, flags }) =>
        JSON.stringify({ ifname, master, ifalias: `${ifalias}`.split('=')[0], txqlen, flags }),
      ),
      ...qdiscList.map(({ options: { direct_packets_stat: _, ...options }, ...qdisc }) =>
        JSON.stringify({ ...qdisc, refcnt: undefined, options }),
      ),
      ...devices.flatMap((device, index) =>
        (classLists[index] ?? '')
          .split('\n')
          .flatMap((line) => (line.startsWith('class htb') ? [`${device} ${line}`] : [])),
      ),
      ...devices.flatMap((device, index) =>
        [0, 1, 2].flatMap((way) =>
          held(filterLists[index * 3 + way] ?? []).map(
            (filter) => `${device} ${way} ${JSON.stringify(filter).replace(/"(index|ref|bind)":\d+,?/g, '')}`,
          ),
        ),
      ),
      ...nftList
        .filter((object) => !object.metainfo)
        .map((object) => JSON.stringify(sortedElements(object)).replace(/"handle":\d+,?/g, '')),
    ]
      .sort()
      .join('\n'),
  };
}

/** Each filter is listed twice or more, first without what it is. */
function held(filters: Filter[]): Filter[] {
  return filters
    .filter(({ options }) => options && options.ht_divisor === undefined)
    .sort((a, b) => a.pref - b.pref);
}

function sortedElements(object: Record<string, Record<string, unknown>>): unknown {
  const map = object.map;
  if (!map?.elem) return object;
  return { map: { ...map, elem: (map.elem as unknown[]).map((one) => JSON.stringify(one)).sort() } };
}

function readClasses(text: string): Map<string, HtbClass> {
  const classes = new Map<string, HtbClass>();
  for (const line of text.split('\n')) {
    const [, id, rest = ''] = /^class htb (\S+) (.*)$/.exec(line) ?? [];
    if (!id) continue;
    const after = (word: string) => new RegExp(`(?:^| )${word} (\\S+)`).exec(rest)?.[1];
    const parent = after('parent');
    classes.set(id, {
      id,
      ...(parent ? { parent } : {}),
      rate: readRate(after('rate')),
      ceil: readRate(after('ceil')),
      isLeaf: after('level') === '0',
    });
  }
  return classes;
}

const units: Record<string, number> = { bit: 1, Kbit: 1e3, Mbit: 1e6, Gbit: 1e9, Tbit: 1e12 };

function readRate(text = ''): number {
  const [, number, unit = ''] = /^(\d+)(\w+)$/.exec(text) ?? [];
  const factor = units[unit];
  if (number === undefined || factor === undefined) throw new Error(`tc shows a rate of ${text}`);
  return Number(number) * factor;
}

/** The lines that only one of them has, a few of them. */
export function differences(have: string, want: string, most = 6): string {
  const [left, right] = [have.split('\n'), want.split('\n')];
  const [inHave, inWant] = [new Set(left), new Set(right)];
  const lines = [
    ...left.filter((line) => !inWant.has(line)).map((line) => `+ ${line}`),
    ...right.filter((line) => !inHave.has(line)).map((line) => `- ${line}`),
  ];
  const shown = lines.slice(0, most).map((line) => `    ${line.slice(0, 260)}`);
  return [...shown, ...(lines.length > most ? [`    and ${lines.length - most} more`] : [])].join('\n');
}
