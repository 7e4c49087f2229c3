// Parses the statistics of `tc -s class show` and `tc -s qdisc show`. As text, because iproute2 before 6.2 prints HTB classes as text even
// with -json, and because another's qdisc with broken JSON cannot spoil the rest. There are thousands of classes: one pass, one regular
// expression, and its groups are read by index, since destructuring them allocates several lists for each class.
import { signature } from '../../plan/names.ts';
import { memoize } from '../../system/memoize.ts';
import { parseRate, parseSize } from '../../units/rate.ts';

/** One class at one moment. Its counters begin when it is created. */
export interface ClassCounters {
  device: string;
  /** The class id: `1:10`. */
  id: string;
  /** The parent class; absent for the top one. */
  parent?: string;
  /** When it was read: milliseconds since boot (system/boot.ts). */
  at: number;
  /** The uncertainty of that time in milliseconds, since tc does not report when it read the counters. */
  spread: number;
  bytes: number;
  packets: number;
  /** The packets that its leaf dropped; for inner classes the sum of the leaves below. */
  dropped: number;
  /** How often its ceil delayed a packet. */
  overlimits: number;
  /** The bytes in its queue now; for inner classes the sum of the leaves below. */
  backlog: number;
  /** The same in packets. */
  queued: number;
  /** The packets sent within its guarantee, and those sent with borrowed tokens; absent where tc does not print them. */
  lended?: number;
  borrowed?: number;
  /** In bits per second as tc prints them, so large rates are rounded (values.ts). */
  rate: number;
  ceil: number;
}

/** The device of a listing and the time of the question, which tc's text does not contain. */
export type Listing = Pick<ClassCounters, 'device' | 'at' | 'spread'>;

export interface ListedQdisc {
  kind: string;
  device: string;
  /** The handle: `8001:`. */
  handle: string;
  /** The parent class; absent for a root. */
  parent?: string;
  /** Whether it has our signature: a root that we made. */
  ours: boolean;
  /** The packets that matched none of its classes and were not limited; for an HTB root only. */
  direct?: number;
  dropped: number;
  backlog: number;
  queued: number;
}

// With a rate estimator, the line of the backlog begins with a rate.
const backlog = /.*\n.*?\bbacklog (\S+) (\d+)p\b/.source;
const classes = new RegExp(
  `${
    /^class htb (\S+) (?:root|parent (\S+)).*? rate (\S+) (?:overhead \d+ )?ceil (\S+).*\n Sent (\d+) bytes (\d+) pkts? \(dropped (\d+), overlimits (\d+)/
      .source
  }${backlog}.*(?:\\n lended: (\\d+) borrowed: (\\d+))?`,
  'gm',
);
/** Without the kernel's own noqueue, which every tap of libvirt has. */
const qdiscs = new RegExp(
  `${/^qdisc (?!noqueue 0:)(\S+) (\S+) dev (\S+)(?: parent (\S+))?(.*)/.source}(?:\\n Sent .*\\(dropped (\\d+)${backlog})?`,
  'gm',
);

const ownRoot = new RegExp(`\\br2q ${signature}\\b`);
const unclassified = /\bdirect_packets_stat (\d+)/;

/** Parses the HTB classes of `tc -s class show dev X`. */
export function parseClasses(text: string, { device, at, spread }: Listing): ClassCounters[] {
  const rate = memoize((written) => numeric(parseRate(written))); // Most guests have the same few.
  const all: ClassCounters[] = [];
  for (const found of text.matchAll(classes)) {
    const counters: ClassCounters = {
      device,
      id: found[1] ?? '',
      at,
      spread,
      rate: rate(found[3] ?? ''),
      ceil: rate(found[4] ?? ''),
      bytes: Number(found[5]),
      packets: Number(found[6]),
      dropped: Number(found[7]),
      overlimits: Number(found[8]),
      backlog: size(found[9] ?? ''),
      queued: Number(found[10]),
    };
    if (found[2] !== undefined) counters.parent = found[2];
    if (found[11] !== undefined) {
      counters.lended = Number(found[11]);
      counters.borrowed = Number(found[12]);
    }
    all.push(counters);
  }
  return all;
}

/** Parses `tc -s qdisc show`, for all devices. */
export function parseQdiscs(text: string): ListedQdisc[] {
  const list: ListedQdisc[] = [];
  for (const found of text.matchAll(qdiscs)) {
    const [kind, options] = [found[1] ?? '', found[5] ?? ''];
    const qdisc: ListedQdisc = {
      kind,
      handle: found[2] ?? '',
      device: found[3] ?? '',
      ours: kind === 'htb' && ownRoot.test(options),
      dropped: Number(found[6] ?? 0),
      backlog: size(found[7] ?? '0b'),
      queued: Number(found[8] ?? 0),
    };
    if (found[4] !== undefined) qdisc.parent = found[4];
    if (kind === 'htb') Object.assign(qdisc, directOf(options));
    list.push(qdisc);
  }
  return list;
}

function directOf(options: string): { direct?: number } {
  const [, direct] = options.match(unclassified) ?? [];
  return direct === undefined ? {} : { direct: Number(direct) };
}

function size(written: string): number {
  return written === '0b' ? 0 : numeric(parseSize(written));
}

function numeric(value: number | object): number {
  return typeof value === 'number' ? value : 0;
}

const bytes = /^class htb (\S+) .*\n Sent (\d+) bytes/gm;

/** @param text output of `tc -s class show dev X` @returns class id -> bytes */
export function parseClassBytes(text: string): Map<string, number> {
  const all = new Map<string, number>();
  for (const found of text.matchAll(bytes)) all.set(found[1] ?? '', Number(found[2]));
  return all;
}
