// Parses our filters of a tap, from tc's JSON or its text. The handle of a fw or bpf filter is its mark; a u32 filter has a
// mark that it matches, and a handle that the kernel assigns.
import { detourPreference } from '../../plan/names.ts';
import { memoize } from '../../system/memoize.ts';
import { canonicalMark, makeObject, type TcObject } from '../objects.ts';
import { isOurFilter, parseWhole } from './filter-json.ts';

export interface ReadFilters {
  ours: TcObject[];
  /** Whether there are filters of somebody else. */
  others: boolean;
}

/**
 * The filters of one device and direction, from tc's JSON.
 * @returns undefined when it is no JSON, as for u32 filters with iproute2 5.9: then use `fromFilterText`
 */
export function fromFilterJson(device: string, answer: string): ReadFilters | undefined {
  const read = readAnswer(`${device} ${answer}`);
  return read === 'no JSON' ? undefined : read;
}

/** @param text a device and tc's answer about it */
const readAnswer = memoize((text: string): ReadFilters | 'no JSON' => {
  const end = text.indexOf(' ');
  const filters = parseWhole(text.slice(end));
  if (!filters) return 'no JSON';
  const ours = filters.filter(isOurFilter);
  return {
    others: ours.length < filters.length,
    ours: ours.flatMap(({ pref, kind, options }) => {
      const to = options?.actions?.find((action) => action.kind === 'mirred')?.to_dev;
      if (!options || !to) return []; // tc first lists the preference alone.
      const { handle = options.fh, fwmark_value: mark, bytecode } = options;
      const insns = bytecode?.insns.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`);
      const program = insns && [insns.length, ...insns].join(',');
      return fromFilter(text.slice(0, end), { pref, kind, handle, mark, program, to });
    }),
  };
});

/** As fromFilterJson, from tc's text. */
export function fromFilterText(device: string, lines: string[]): ReadFilters {
  const ours: TcObject[] = [];
  let others = false;
  for (const [index, line] of lines.entries()) {
    const [, written, kind, rest = ''] = line.match(/^filter .*?pref (\d+) (\S+) chain \d+ ?(.*)$/) ?? [];
    if (!written || !kind) continue;
    const pref = Number(written);
    others ||= !isOurFilter({ pref });
    // The actions of a filter are the lines after it.
    const end = lines.findIndex((after, at) => at > index && after.startsWith('filter '));
    const below = lines.slice(index + 1, end < 0 ? undefined : end).join();
    const to = below.match(/Redirect to device (\S+)\)/)?.[1];
    const mark = below.match(/^ *mark (0x[0-9a-f]+)/)?.[1];
    const handle = rest.match(kind === 'u32' ? /\bfh (\S+)/ : /\bhandle (0x[0-9a-f]+)/)?.[1];
    const program = rest.match(/\bbytecode '([^']*)'/)?.[1];
    if (isOurFilter({ pref }) && to) ours.push(fromFilter(device, { pref, kind, handle, mark, program, to }));
  }
  return { ours, others };
}

interface Told {
  pref: number;
  kind: string;
  handle: string | undefined;
  mark: string | undefined;
  program: string | undefined;
  to: string;
}

/** A kernel without CONFIG_CLS_U32_MARK drops the mark of a u32 filter, which then reads as mark 0, none of ours. */
function fromFilter(device: string, { pref, kind, handle, mark, program, to }: Told): TcObject {
  if (pref === detourPreference) return makeObject('detour', device, '', { to });
  if (kind === 'u32') {
    const made = makeObject('filter', device, canonicalMark(mark ?? '0'), { match: 'u32', to });
    return handle === undefined ? made : { ...made, handle };
  }
  const match = program === undefined ? kind : `bpf ${program}`;
  return makeObject('filter', device, canonicalMark(handle ?? '0'), { match, to });
}
