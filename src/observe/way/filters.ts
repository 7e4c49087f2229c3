// Others' tc filters and BPF programs at the two ends of a guest's way.
import { type FilterPlace, type ForeignFilter, foreignFilters } from '../../kernel/tc/foreign-filters.ts';
import type { Facts } from '../facts.ts';
import { type Fault, verbs } from '../fault.ts';
import type { Way } from './passage.ts';

/** The effects that matter at each end: one that our rules override later, or that is not used any more, does not. */
export function filterFaults(way: Way, { filters, clsacts, occupied, ifbs }: Facts): Fault[] {
  const { direction, tap, port, device, mark } = way;
  const uplinks = [...new Set(direction === 'out' ? [port.name, device] : [port.name])];
  const entries = direction === 'out' ? [tap] : uplinks;
  const exits = direction === 'out' ? uplinks : [device];
  const at = (name: string, hook: string, place: FilterPlace, counts: ForeignFilter['effects']): Fault[] =>
    // An ingress qdisc has no egress hook, although tc lists its filters there too.
    clsacts.has(name) || (hook === 'ingress' && occupied.has(name))
      ? foreignFilters(filters.get(`${name} ${hook}`) ?? [], place)
          .filter(({ effects }) => effects.some((effect) => counts.includes(effect)))
          .slice(0, 1)
          .map((one) => filterFault(way, name, hook, one))
      : [];
  return [
    ...entries.flatMap((name) => at(name, 'ingress', { ours: false, ifbs }, ['steals'])),
    ...(direction === 'in'
      ? at(tap, 'egress', { ours: true, mark, ifbs }, ['ends', 'steals', 'mark', 'priority', 'program'])
      : []),
    ...exits.flatMap((name) =>
      at(name, 'egress', { ours: false, mark, ifbs }, ['steals', 'priority', 'program']),
    ),
  ];
}

function filterFault({ direction, tap }: Way, device: string, hook: string, filter: ForeignFilter): Fault {
  const { pref, what, mirrors, effects } = filter;
  const frames = `what it ${verbs[direction]}`;
  const isProgram = effects.includes('program');
  const isOnOwn = device === tap && hook === 'egress';
  const remove = `tc filter del dev ${device} ${hook} pref ${pref}`;
  return {
    kind: isProgram ? 'program' : 'filter',
    direction,
    tap,
    reason:
      `a filter of others on ${device} ${hook}, pref ${pref} (${what}), ` +
      (isProgram
        ? `decides about ${frames}, and nobody can tell how`
        : isOnOwn
          ? `takes ${frames} before ours does`
          : `takes ${frames} away from its class`),
    remedy:
      mirrors && isOnOwn
        ? `let it go on to ours with "continue" after what it does, or if nobody needs it: ${remove}`
        : `if nobody needs it: ${remove}`,
  };
}

/** tcx programs run before every tc filter, XDP programs before everything else. */
export function programFaults({ direction, tap, port, device }: Way, { programs }: Facts): Fault[] {
  const [entry, exits] = direction === 'out' ? [tap, [port.name, device]] : [port.name, [tap, device]];
  const deciding = programs.filter(
    ({ device: on, where }) => exits.includes(on) && /^tcx_egress$|^netkit/.test(where),
  );
  const early = programs.filter(({ device: on, where }) => on === entry && where.startsWith('xdp'));
  return [
    ...deciding.slice(0, 1).map(({ device: on, name, where }): Fault => {
      const reason = `the BPF program ${name} at the egress of ${on} decides before tc does, and nobody can tell how`;
      const remedy = `if nobody needs it: bpftool net detach ${where} dev ${on}`;
      return { kind: 'program', direction, tap, reason, remedy };
    }),
    ...early.map(({ name, device: on, where }): Fault => {
      const reason = `the XDP program ${name} on ${on} sees what it ${verbs[direction]} first: what that sends elsewhere meets no class`;
      return {
        kind: 'xdp',
        direction,
        tap,
        reason,
        remedy: `if nobody needs it: ip link set dev ${on} ${where} off`,
      };
    }),
  ];
}
