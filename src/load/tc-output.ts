// tc's own words for what the kernel holds -> objects. JSON for qdiscs and filters, text for classes; both as
// iproute2 6.1 to 6.15 print them.
import { detourPreference, signature } from '../plan/names.ts';
import { canonicalHandle, canonicalMark, keyOf, type TcObject, type Values } from './objects.ts';
import { optionNames, parseValue, unset } from './tc-values.ts';

export interface Qdisc {
  kind: string;
  handle: string;
  dev: string;
  root?: boolean;
  parent?: string;
  options: Record<string, unknown>;
}

export function fromQdisc(qdisc: Qdisc): TcObject {
  const { kind, dev: device } = qdisc;
  if (kind === 'clsact') return object('clsact', device, 'clsact', {}, `qdisc add dev ${device} clsact`);
  const handle = canonicalHandle(qdisc.handle);
  const values: Values = { kind, handle };
  let options = '';
  for (const option of optionNames(kind)) {
    const shown = qdisc.options[option];
    const value = typeof shown === 'string' ? parseValue(kind, option, shown) : shown;
    if (typeof value !== 'number') continue;
    values[option] = value;
    options += ` ${option} ${option === 'default' ? value.toString(16) : value}`;
  }
  const place = qdisc.root ? 'root' : `parent ${canonicalHandle(qdisc.parent ?? '')}`;
  const line = `qdisc add dev ${device} ${place} handle ${handle} ${kind}${options}`;
  return qdisc.root
    ? object('root', device, handle, values, line)
    : object('leaf', device, canonicalHandle(qdisc.parent ?? ''), values, line);
}

/**
 * `class htb 1:10 parent 1:1 leaf 10: prio 0 quantum 15000 rate 15Mbit ceil 30Mbit ... burst 15000b/1 ...`
 * @returns nothing for a line that is no HTB class
 */
export function fromClassText(device: string, line: string): TcObject | undefined {
  const words = line.trim().split(/\s+/);
  if (words[0] !== 'class' || words[1] !== 'htb' || !words[2]) return undefined;
  const id = canonicalHandle(words[2]);
  const after = (word: string) => words[words.indexOf(word, 3) + 1] ?? '';
  const parent = words[3] === 'parent' ? canonicalHandle(after('parent')) : `${id.split(':')[0]}:`;
  const values: Values = {};
  for (const option of ['rate', 'ceil', 'burst', 'cburst', 'quantum']) {
    if (!words.includes(option)) continue; // The quantum of an inner class is not shown, nor used.
    const value = parseValue('htb', option, after(option).split('/')[0] ?? '');
    if (value !== undefined) values[option] = value;
  }
  const made = classLine(device, parent, id, values);
  for (const [option, usual] of Object.entries(unset)) {
    if (words.includes(option, 3) && after(option) !== usual) values[option] = after(option);
  }
  return { ...object('class', device, id, values, made), parent };
}

/**
 * tc cuts a burst down to whole microseconds of its rate, and what it shows is cut already: one byte more
 * keeps it from losing another microsecond.
 */
function classLine(
  device: string,
  parent: string,
  id: string,
  { rate, ceil, burst, cburst, quantum }: Values,
): string {
  return (
    `class add dev ${device} parent ${parent} classid ${id} htb rate ${rate}bit ceil ${ceil}bit ` +
    `burst ${Number(burst) + 1} cburst ${Number(cburst) + 1} quantum ${quantum ?? 1514}`
  );
}

/** A filter as tc -j prints it. */
interface FilterJson {
  pref: number;
  kind: string;
  options?: {
    handle?: string;
    fh?: string;
    bytecode?: { insns: { code: number; jt: number; jf: number; k: number }[] };
    actions?: { kind: string; to_dev?: string }[];
  };
}

/**
 * The filters of one device and direction, from tc's JSON.
 * @returns nothing when it is not JSON: iproute2 6.1 prints the words of fw filters into it, which is mended
 *   here for ours; what other filters make of it is left to `fromFilterText`
 */
export function fromFilterJson(device: string, answer: string): ReadFilters | undefined {
  let filters: FilterJson[];
  try {
    filters = JSON.parse(answer.replace(/\{handle (0x[0-9a-f]+)\s*"/g, '{"handle":"$1","'));
  } catch {
    return undefined;
  }
  const ours = filters.filter(({ pref }) => isOurs(pref));
  return {
    others: ours.length < filters.length,
    ours: ours.flatMap(({ pref, kind, options }) => {
      const to = options?.actions?.find((action) => action.kind === 'mirred')?.to_dev;
      if (!options || !to) return []; // tc lists the preference by itself first.
      const insns = options.bytecode?.insns.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`);
      const bytecode = insns ? ` bytecode '${[insns.length, ...insns].join(',')}'` : '';
      return fromFilter(device, {
        pref: String(pref),
        kind,
        rest: `handle ${options.handle ?? options.fh}${bytecode}`,
        to,
      });
    }),
  };
}

export interface ReadFilters {
  ours: TcObject[];
  /** Whether there are filters of somebody else. */
  others: boolean;
}

function isOurs(pref: string | number): boolean {
  return Number(pref) === signature || Number(pref) === detourPreference;
}

/** The same from tc's text. */
export function fromFilterText(device: string, lines: string[]): ReadFilters {
  const ours: TcObject[] = [];
  let others = false;
  for (const [index, line] of lines.entries()) {
    const [, pref, kind, rest = ''] = line.match(/^filter .*?pref (\d+) (\S+) chain \d+ ?(.*)$/) ?? [];
    if (!pref || !kind) continue;
    others ||= !isOurs(pref);
    // The actions of a filter are the lines after it.
    const end = lines.findIndex((after, at) => at > index && after.startsWith('filter '));
    const to = lines
      .slice(index + 1, end < 0 ? undefined : end)
      .join()
      .match(/Redirect to device (\S+)\)/)?.[1];
    if (isOurs(pref) && to) ours.push(fromFilter(device, { pref, kind, rest, to }));
  }
  return { ours, others };
}

interface FilterText {
  pref: string;
  kind: string;
  /** What follows its chain. */
  rest: string;
  to: string;
}

function fromFilter(device: string, { pref, kind, rest, to }: FilterText): TcObject {
  const head = `filter add dev ${device} egress protocol all pref ${pref}`;
  const tail = `action mirred egress redirect dev ${to}`;
  if (pref === String(detourPreference)) {
    return object('detour', device, '', { to }, `${head} u32 match u32 0 0 ${tail}`);
  }
  const handle = canonicalMark(rest.match(/\bhandle (0x[0-9a-f]+)/)?.[1] ?? '0');
  const bytecode = rest.match(/\bbytecode '([^']*)'/)?.[1];
  const words = bytecode ? `bpf bytecode '${bytecode}'` : kind;
  const match = bytecode ? `bpf ${bytecode}` : kind;
  return object('filter', device, handle, { match, to }, `${head} handle ${handle} ${words} ${tail}`);
}

function object(kind: TcObject['kind'], device: string, id: string, values: Values, line: string): TcObject {
  return { kind, key: keyOf(kind, device, id), device, id, values, line };
}
