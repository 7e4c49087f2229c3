// leaf = "cake", or a table with a kind and its parameters. Parameters belong to a kind, and an error names the kind a wrong
// one belongs to: `limit` is in bytes for bfifo and in packets elsewhere, `flows` means two different things.

import type { Findings } from '../../toml/findings.ts';
import type { TomlValue } from '../../toml/tree.ts';
import { formatPath } from '../../toml/write.ts';
import { formatTime, parseTime } from '../../units/time.ts';
import type { Setting } from '../config.ts';
import { diffservs, isolations, type LeafKind, type LeafSettings, leafKinds, sfqFlows } from '../leaf.ts';
import { type Decoder, Fields, wrongType } from './fields.ts';
import { integer, oneOf, quantity, size, yesOrNo } from './values.ts';

const packets = (least: number, most: number) =>
  plain(
    integer((number) => number >= least && number <= most, `a number of packets from ${least} to ${most}`),
  );
const time = (least: number, most: number, whole = 1) =>
  within(
    quantity(parseTime, 'a time in quotes'),
    (one) => one >= least && one <= most && one % whole === 0,
    `a time from ${least === 0 ? '0s' : formatTime(least)} to ${formatTime(most)}${whole > 1 ? ' in whole seconds' : ''}`,
  );
const bytes = (least: number, most: number) =>
  within(size, (one) => one >= least && one <= most, `from ${least} to ${most} bytes`);

/** The largest value that bfifo's limit and CoDel's memory_limit take, in bytes. */
const mostBytes = 2 ** 31 - 1;

type Parameters = Record<string, Decoder<string | number | boolean>>;

/** Parameters by kind: those that kernels from 5.10 on accept and list back unchanged. */
const parameters: Record<LeafKind, Parameters> = {
  bfifo: { limit: bytes(1514, mostBytes) },
  fq_codel: {
    target: time(100, 10_000_000),
    interval: time(1000, 100_000_000),
    limit: packets(1, 1_000_000),
    flows: plain(integer((number) => number >= 1 && number <= 65_536, 'a number from 1 to 65536')),
    quantum: bytes(256, 2 ** 20),
    memory_limit: bytes(65_536, mostBytes),
    ecn: yesOrNo,
  },
  sfq: {
    limit: packets(2, 127 * sfqFlows),
    depth: packets(1, 127),
    quantum: bytes(256, 65_536),
    perturb: time(0, 3600_000_000, 1_000_000),
  },
  cake: {
    rtt: time(100, 100_000_000),
    isolation: oneOf(...isolations),
    diffserv: oneOf(...diffservs),
    nat: yesOrNo,
    ack_filter: yesOrNo,
    split_gso: yesOrNo,
    memory_limit: bytes(65_536, mostBytes),
  },
};

const kinds = leafKinds.map((kind) => `"${kind}"`).join(', ');

export const leaf: Decoder<Setting<LeafSettings>> = (entry, path, findings) => {
  const { value } = entry;
  if (value.type === 'string') {
    const kind = leafKind(entry, path, findings);
    return kind && { value: { kind }, at: value.at };
  }
  if (value.type !== 'table') {
    return wrongType(value, path, `one of ${kinds}, or a table with a kind`, findings);
  }
  const fields = new Fields(path, value, findings);
  if (!fields.has('kind')) {
    return findings.absence(value.at, `${formatPath(path)}: "kind" is missing`, `it is one of ${kinds}`);
  }
  const { kind } = fields.optional('kind', leafKind);
  if (kind === undefined) return undefined;
  const own = Object.entries(parameters[kind]).map(([key, decode]) => fields.optional(key, decode));
  for (const key of keysOfOthers(kind)) {
    if (fields.has(key)) fields.optional(key, misplaced(kind));
  }
  fields.reportUnknown();
  const settings: LeafSettings = Object.assign({ kind }, ...own);
  return checkTogether(settings, value, path, findings) ? { value: settings, at: value.at } : undefined;
};

const leafKind: Decoder<LeafKind> = oneOf(...leafKinds);

function keysOfOthers(kind: LeafKind): string[] {
  const keys = new Set(Object.values(parameters).flatMap((one) => Object.keys(one)));
  return [...keys].filter((key) => !Object.hasOwn(parameters[kind], key));
}

function misplaced(kind: LeafKind): Decoder<never> {
  return ({ key }, path, findings) => {
    const name = path.at(-1) ?? '';
    const others = leafKinds.filter((other) => Object.hasOwn(parameters[other], name));
    return findings.error(
      key,
      `${formatPath(path)}: ${kind} has no "${name}", which is for ${others.join(' and ')}`,
      `${kind} takes ${Object.keys(parameters[kind]).join(', ')}`,
    );
  };
}

/** Checks across parameters. @returns whether they fit each other */
function checkTogether(
  settings: LeafSettings,
  { at }: TomlValue,
  path: string[],
  findings: Findings,
): boolean {
  if (settings.kind === 'fq_codel') {
    const { target, interval = 100_000 } = settings;
    if (target === undefined || target < interval) return true;
    findings.error(
      at,
      `${formatPath(path)}: the target of ${formatTime(target)} is not below the interval of ${formatTime(interval)}`,
      'the interval is the longest round trip to be expected, the target a twentieth to a tenth of it',
    );
    return false;
  }
  if (settings.kind === 'sfq') {
    const { limit = 127, depth = 127 } = settings;
    if (limit <= depth * Math.min(limit, sfqFlows)) return true;
    findings.error(
      at,
      `${formatPath(path)}: ${limit} packets do not fit into ${sfqFlows} flows of ${depth}`,
      'lower the limit or raise the depth',
    );
    return false;
  }
  return true;
}

/** A bare value: the leaf as a whole is one setting with one place. */
function plain(decode: Decoder<Setting<number>>): Decoder<number> {
  return (entry, path, findings) => decode(entry, path, findings)?.value;
}

function within(
  decode: Decoder<Setting<number>>,
  accepts: (value: number) => boolean,
  wanted: string,
): Decoder<number> {
  return (entry, path, findings) => {
    const decoded = decode(entry, path, findings);
    if (!decoded || accepts(decoded.value)) return decoded?.value;
    const { value } = entry;
    const written = value.type === 'string' ? JSON.stringify(value.value) : String(decoded.value);
    return findings.error(value.at, `${formatPath(path)}: must be ${wanted}, not ${written}`);
  };
}
