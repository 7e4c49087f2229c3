// Parses the statistics of `tc -s class show` and `tc -s qdisc show`. As text, because iproute2 before 6.2 prints HTB classes as text even
// with -json, and because another's qdisc with broken JSON cannot spoil the rest. There are thousands of classes: one pass, one regular
// expression.
import { signature } from '../plan/names.ts';
import { parseRate, parseSize } from '../units/rate.ts';
import type { Use } from './use.ts';

/** A class as tc lists it, without device and time. */
export type ListedClass = Omit<Use, 'device' | 'at' | 'spread'>;

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
const qdiscs = new RegExp(
  `${/^qdisc (\S+) (\S+) dev (\S+)(?: parent (\S+))?(.*)/.source}(?:\\n Sent .*\\(dropped (\\d+)${backlog})?`,
  'gm',
);

const ownRoot = new RegExp(`\\br2q ${signature}\\b`);
const unclassified = /\bdirect_packets_stat (\d+)/;

/** Parses the HTB classes of `tc -s class show dev X`. */
export function parseClasses(text: string): ListedClass[] {
  const rate = remembered((written) => numeric(parseRate(written)));
  return Array.from(
    text.matchAll(classes),
    ([, id = '', parent, guaranteed = '', ceil = '', ...counters]) => {
      const [sent, packets, dropped, overlimits, waiting = '', queued, lended, borrowed] = counters;
      return {
        id,
        ...(parent === undefined ? {} : { parent }),
        rate: rate(guaranteed),
        ceil: rate(ceil),
        bytes: Number(sent),
        packets: Number(packets),
        dropped: Number(dropped),
        overlimits: Number(overlimits),
        backlog: size(waiting),
        queued: Number(queued),
        ...(lended === undefined ? {} : { lended: Number(lended), borrowed: Number(borrowed) }),
      };
    },
  );
}

/** Parses `tc -s qdisc show`, for all devices. */
export function parseQdiscs(text: string): ListedQdisc[] {
  return Array.from(
    text.matchAll(qdiscs),
    ([
      ,
      kind = '',
      handle = '',
      device = '',
      parent,
      options = '',
      dropped = 0,
      waiting = '0b',
      queued = 0,
    ]) => ({
      kind,
      handle,
      device,
      ours: kind === 'htb' && ownRoot.test(options),
      ...(parent === undefined ? {} : { parent }),
      ...(kind === 'htb' ? directOf(options) : {}),
      dropped: Number(dropped),
      backlog: size(waiting),
      queued: Number(queued),
    }),
  );
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

/** A cache of parsed rates: most guests have the same few. */
function remembered(parse: (text: string) => number): (text: string) => number {
  const known = new Map<string, number>();
  return (text) => {
    const value = known.get(text) ?? parse(text);
    known.set(text, value);
    return value;
  };
}
