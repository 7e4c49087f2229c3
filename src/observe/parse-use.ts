// The statistics of `tc -s class show` and `tc -s qdisc show`. Read as text, because iproute2 before 6.2 prints
// HTB's classes as text even where JSON is asked for, and because a qdisc of somebody else's cannot spoil it.
// There are thousands of them: one pass, one expression.
import { signature } from '../plan/names.ts';
import { parseRate, parseSize } from '../units/rate.ts';
import type { Use } from './use.ts';

/** A class as tc lists it, which names neither its device nor the time. */
export type ListedClass = Omit<Use, 'device' | 'at' | 'spread'>;

export interface ListedQdisc {
  kind: string;
  device: string;
  /** `8001:`. */
  handle: string;
  /** The class it hangs on; absent for a root. */
  parent?: string;
  /** Of our signature: a root that we made. */
  ours: boolean;
  /** Packets that met none of its classes, so that nothing limited them; only of an HTB root. */
  direct?: number;
  dropped: number;
  backlog: number;
  queued: number;
}

// A rate comes before the backlog where the kernel estimates one.
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

/** Of `tc -s class show dev X`: its HTB classes. */
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

/** Of `tc -s qdisc show`, every device. */
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

/** Most guests have the same few rates. */
function remembered(parse: (text: string) => number): (text: string) => number {
  const known = new Map<string, number>();
  return (text) => {
    const value = known.get(text) ?? parse(text);
    known.set(text, value);
    return value;
  };
}
