// Analyses the filters of a device's clsact or ingress qdisc: what those of others do to a guest's frame before it gets to
// our filter, or where we have none.
import { signature } from '../../plan/names.ts';
import { isOurFilter, type TcAction, type TcFilter } from './filter-json.ts';

/** A filter of ours, which redirects frames with a mark to an ifb. */
export interface Redirect {
  /** Absent where tc does not show it. */
  mark?: number;
  /** Absent when that device is gone: then the kernel drops the frames. */
  to?: string;
}

export function redirectsOf(filters: TcFilter[]): Redirect[] {
  return filters.flatMap(({ pref, kind, options }) => {
    const action = options?.actions?.find((one) => one.kind === 'mirred');
    if (pref !== signature || !options || !action) return [];
    const written = kind === 'u32' ? options.fwmark_value : options.handle;
    const to = action.to_dev && action.to_dev !== '*' ? { to: action.to_dev } : {};
    return [{ ...(written === undefined ? {} : { mark: Number(written) }), ...to }];
  });
}

/**
 * The effect of a filter on a frame that it matches: `ends` means that our filter is not reached, `steals` that the frame
 * goes to another device, `mark` and `priority` that these are changed, and `program` that a program decides, which may do
 * anything.
 */
export type FilterEffect = 'ends' | 'steals' | 'mark' | 'priority' | 'program';

export interface ForeignFilter {
  pref: number;
  effects: FilterEffect[];
  /** `u32, mirror to ids0` */
  what: string;
  mirrors: boolean;
}

export interface FilterPlace {
  /** Whether we have a filter at this place, so that a filter which ends the way to it matters. */
  ours: boolean;
  /** The mark of frames at this place; absent where they have none yet. */
  mark?: number;
  /** ifb devices: they return a frame to the place that redirected it. */
  ifbs: ReadonlySet<string>;
}

/** The filters of others that a frame passes, in their order, up to one that ends its way. */
export function foreignFilters(filters: TcFilter[], place: FilterPlace): ForeignFilter[] {
  const sorted = filters
    .filter((one) => !isOurFilter(one) && one.chain === 0 && (!place.ours || one.pref < signature))
    .sort((a, b) => a.pref - b.pref);
  const found: ForeignFilter[] = [];
  for (const filter of sorted) {
    const { pref, options } = filter;
    if (!options || options.ht_divisor !== undefined || options.skip_sw || !mayMatch(filter, place.mark)) {
      continue;
    }
    const effects = effectsOf(filter, place, filters);
    if (effects.length > 0) found.push({ pref, effects, what: describe(filter), mirrors: mirrors(filter) });
    if (takesAll(filter) && endsTheWay(filter)) break;
  }
  return found;
}

/** The filters of others that frames do not reach because our filter redirects them to an ifb first. */
export function filtersBehind(filters: TcFilter[]): ForeignFilter[] {
  return filters
    .filter((one) => !isOurFilter(one) && one.pref > signature && one.chain === 0)
    .filter(({ options }) => options !== undefined && options.ht_divisor === undefined)
    .map((filter) => ({ pref: filter.pref, effects: [], what: describe(filter), mirrors: mirrors(filter) }));
}

function mirrors({ options }: TcFilter): boolean {
  return (options?.actions ?? []).some(({ mirred_action: action }) => action === 'mirror');
}

function mayMatch({ kind, options }: TcFilter, mark: number | undefined): boolean {
  const written = kind === 'fw' ? options?.handle : options?.fwmark_value;
  if (mark === undefined || written === undefined) return true;
  const mask = options?.fwmark_mask === undefined ? 0xffffffff : Number(options.fwmark_mask);
  return (mark & mask) >>> 0 === (Number(written) & mask) >>> 0;
}

function takesAll({ kind, protocol, options }: TcFilter): boolean {
  if (protocol !== 'all') return false;
  if (kind === 'u32') return Number.parseInt(options?.match?.mask ?? 'f', 16) === 0 && !options?.fwmark_value;
  return kind === 'matchall' || (kind === 'flower' && Object.keys(options?.keys ?? {}).length === 0);
}

/** @param all filters of the place, among which the target of a "goto" is found */
function effectsOf(filter: TcFilter, place: FilterPlace, all: TcFilter[], depth = 0): FilterEffect[] {
  const { kind, options } = filter;
  const { ours, ifbs } = place;
  if (kind === 'bpf' && options?.['direct-action']) return ['program'];
  const effects = new Set<FilterEffect>();
  for (const action of options?.actions ?? []) {
    if (action.kind === 'gact' && controlOf(action) === 'drop') return []; // A firewall's: nothing gets past us.
    if (action.kind === 'bpf') effects.add('program');
    if (action.kind === 'connmark' || action.kind === 'ctinfo' || action.kind === 'ife') effects.add('mark');
    if (action.kind === 'skbedit' && 'mark' in action) effects.add('mark');
    if (action.kind === 'skbedit' && ('priority' in action || 'inheritdsfield' in action)) {
      effects.add('priority');
    }
    if (action.kind === 'mirred' && action.mirred_action === 'redirect') {
      // An ifb returns the frame after the filters, so that it never passes ours.
      if (ours || !ifbs.has(action.to_dev ?? '')) effects.add('steals');
    }
  }
  const chain = options?.actions?.at(-1)?.control_action;
  if (chain?.type === 'goto' && depth < deepest) {
    const led = all.filter((one) => one.chain === chain.chain && one.options !== undefined);
    for (const one of led) for (const effect of effectsOf(one, place, all, depth + 1)) effects.add(effect);
  }
  if (ours && endsTheWay(filter)) effects.add('ends');
  return [...effects];
}

/** How many chains are followed that lead to each other. */
const deepest = 8;

/** After a filter that matches, the next one is tried only where its action is "continue". */
function endsTheWay({ options }: TcFilter): boolean {
  const last = options?.actions?.at(-1);
  return !last || controlOf(last) !== 'continue';
}

function controlOf(action: TcAction): string {
  return action.control_action?.type ?? '';
}

function describe({ kind, options }: TcFilter): string {
  const actions = (options?.actions ?? []).map((action) => {
    if (action.kind === 'mirred')
      return `${action.mirred_action} to ${action.to_dev ?? 'a device that is gone'}`;
    return action.kind === 'gact' ? controlOf(action) : action.kind;
  });
  return [kind, ...(options?.kind ? [options.kind] : []), ...actions].join(', ');
}
