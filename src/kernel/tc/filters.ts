// The filters of a tap, from tc's JSON or, where iproute2 6.1 prints none, its text -> objects. A fw or bpf filter's
// handle is its mark; u32 has a mark to match and a handle that the kernel gave it.
import { detourPreference, signature } from '../../plan/names.ts';
import { memoize } from '../../system/memoize.ts';
import { canonicalMark, type TcObject } from '../objects.ts';
import { object } from './output.ts';

/** A filter as tc -j prints it. */
interface FilterJson {
  pref: number;
  kind: string;
  options?: {
    handle?: string;
    fh?: string;
    fwmark_value?: string;
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
  const read = readAnswer(`${device} ${answer}`);
  return read === 'no JSON' ? undefined : read;
}

/** Of a device and an answer. */
const readAnswer = memoize((text: string): ReadFilters | 'no JSON' => {
  const end = text.indexOf(' ');
  const device = text.slice(0, end);
  let filters: FilterJson[];
  try {
    filters = JSON.parse(text.slice(end).replace(/\{handle (0x[0-9a-f]+)\s*"/g, '{"handle":"$1","'));
  } catch {
    return 'no JSON';
  }
  const ours = filters.filter(({ pref }) => isOurs(pref));
  return {
    others: ours.length < filters.length,
    ours: ours.flatMap(({ pref, kind, options }) => {
      const to = options?.actions?.find((action) => action.kind === 'mirred')?.to_dev;
      if (!options || !to) return []; // tc lists the preference by itself first.
      const insns = options.bytecode?.insns.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`);
      const bytecode = insns ? ` bytecode '${[insns.length, ...insns].join(',')}'` : '';
      const mark = options.fwmark_value ? ` mark ${options.fwmark_value}` : '';
      return fromFilter(device, {
        pref: String(pref),
        kind,
        rest: `${kind === 'u32' ? 'fh' : 'handle'} ${options.handle ?? options.fh}${bytecode}${mark}`,
        to,
      });
    }),
  };
});

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
    const below = lines.slice(index + 1, end < 0 ? undefined : end).join();
    const to = below.match(/Redirect to device (\S+)\)/)?.[1];
    const mark = below.match(/^ *mark 0x[0-9a-f]+/)?.[0] ?? '';
    if (isOurs(pref) && to) ours.push(fromFilter(device, { pref, kind, rest: `${rest}${mark}`, to }));
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
  if (kind === 'u32') return fromU32(device, rest, to, { head, tail });
  const handle = canonicalMark(rest.match(/\bhandle (0x[0-9a-f]+)/)?.[1] ?? '0');
  const bytecode = rest.match(/\bbytecode '([^']*)'/)?.[1];
  const words = bytecode ? `bpf bytecode '${bytecode}'` : kind;
  const match = bytecode ? `bpf ${bytecode}` : kind;
  return object('filter', device, handle, { match, to }, `${head} handle ${handle} ${words} ${tail}`);
}

/** Its mark is no handle. A kernel without CONFIG_CLS_U32_MARK forgets it, and then it is no mark of ours. */
function fromU32(
  device: string,
  rest: string,
  to: string,
  { head, tail }: { head: string; tail: string },
): TcObject {
  const mark = canonicalMark(rest.match(/\bmark (0x[0-9a-f]+)/)?.[1] ?? '0');
  const handle = rest.match(/\bfh (\S+)/)?.[1];
  const line = `${head} u32 match mark ${mark} 0xffffffff ${tail}`;
  const made = object('filter', device, mark, { match: 'u32', to }, line);
  return handle === undefined ? made : { ...made, handle };
}
