// Parses tc's JSON of filters of a clsact or ingress qdisc, ours and everybody's.
import { detourPreference, signature } from '../../plan/names.ts';

/** A filter as tc -j prints it, with the fields that are used. */
export interface TcFilter {
  pref: number;
  kind: string;
  protocol: string;
  chain: number;
  /** Absent in the entry that only names the preference. */
  options?: {
    /** An action of the old form, `police`. */
    kind?: string;
    handle?: string;
    fh?: string;
    ht_divisor?: number;
    skip_sw?: boolean;
    'direct-action'?: boolean;
    fwmark_value?: string;
    fwmark_mask?: string;
    bytecode?: { insns: { code: number; jt: number; jf: number; k: number }[] };
    match?: { value: string; mask: string };
    keys?: Record<string, unknown>;
    actions?: TcAction[];
  };
}

export interface TcAction {
  kind: string;
  mirred_action?: string;
  direction?: string;
  to_dev?: string;
  control_action?: { type: string; chain?: number };
  [option: string]: unknown;
}

/**
 * @returns undefined when it is no JSON. iproute2 6.1 prints plain text of fw filters into it, which is repaired for ours
 */
export function parseWhole(answer: string): TcFilter[] | undefined {
  try {
    // Repaired only where necessary: there are thousands of answers.
    const isBroken = answer.includes('{handle ');
    return JSON.parse(isBroken ? answer.replace(/\{handle (0x[0-9a-f]+)\s*"/g, '{"handle":"$1","') : answer);
  } catch {
    return undefined;
  }
}

/** The filters of one answer. Plain text that iproute2 6.1 prints into the JSON (fw, basic, route) is skipped. */
export function parseFilters(answer: string): TcFilter[] {
  const entries = () =>
    answer
      .trim()
      .slice(1, -1)
      .split(/,(?=\{"protocol":)/)
      .map(parseEntry);
  return parseWhole(answer) ?? entries();
}

function parseEntry(text: string): TcFilter {
  try {
    return JSON.parse(text);
  } catch {
    const word = (name: string) => text.match(new RegExp(`"${name}":"?(\\w+)`))?.[1] ?? '';
    const [, handle, mask] = text.match(/\{handle (0x[0-9a-f]+)(?:\/(0x[0-9a-f]+))?/) ?? [];
    const actions = text.match(/"actions":(\[.*\])\}/s)?.[1];
    return {
      protocol: word('protocol'),
      pref: Number(word('pref')),
      kind: word('kind'),
      chain: Number(word('chain')),
      options: {
        ...(handle === undefined ? {} : { handle }),
        ...(mask === undefined ? {} : { fwmark_mask: mask }),
        actions: parseActions(actions ?? '[]'),
      },
    };
  }
}

function parseActions(text: string): TcAction[] {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}

export function isOurFilter({ pref }: Pick<TcFilter, 'pref'>): boolean {
  return pref === signature || pref === detourPreference;
}
