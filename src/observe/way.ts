// The way of a guest's frames, hook by hook, and who else is on it: rules and filters of others that take the mark or
// the class away, or the frame itself. Whoever drops it is its firewall, and none of our business.
import { type FilterPlace, type ForeignFilter, foreignFilters } from '../kernel/tc/foreign-filters.ts';
import type { Facts } from './facts.ts';
import { type Fault, verbs } from './fault.ts';
import type { Change, Passage, Stage, Way } from './passage.ts';
import { passRouted } from './routed-way.ts';
import { makeWalk } from './walk.ts';

/** Where ours marks, in the forward hook of the bridge. */
const ourPriority = 250;

/** Looks along ways. What is the same for all of them is made once. */
export function makeLook(facts: Facts): (way: Way) => Fault[] {
  const walk = makeWalk(facts.tables);
  return (way) => {
    const rules = ruleFaults(way, facts, walk);
    // Filters and programs are at its two ends, which are the same by way of the host.
    return way.routed?.beside ? rules : [...rules, ...filterFaults(way, facts), ...programFaults(way, facts)];
  };
}

function ruleFaults(way: Way, facts: Facts, walk: ReturnType<typeof makeWalk>): Fault[] {
  const { direction, tap, mark, routed } = way;
  const passed = routed ? passRouted(way, routed, facts, walk) : passBridged(way, facts, walk);
  if (!passed) return [];
  const by = routed?.beside ? `${verbs[direction]} by way of the host` : verbs[direction];
  if (passed.byUs) {
    const reason = `the nftables table drops what ${tap} ${by}`;
    return [{ kind: 'table', direction, tap, reason, remedy: 'virt-shaper load' }];
  }
  if (passed.dropped && !passed.changes.some(({ what }) => isElsewhere(what))) return [];
  const lost = passed.priority !== way.class || (direction === 'in' && passed.mark !== mark);
  const foreign = passed.changes.filter(
    ({ ours, what, match }) =>
      !ours &&
      (match === 'maybe' || isElsewhere(what) || lost) &&
      (what !== 'mark' || direction === 'in' || routed !== undefined),
  );
  const [first] = foreign;
  if (first) return [ruleFault(way, first, facts)];
  if (!lost) return [];
  const reason = `the nftables table does not lead what ${tap} ${by} to its class`;
  return [{ kind: 'table', direction, tap, reason, remedy: 'virt-shaper load' }];
}

/** @returns nothing where nobody is on it */
function passBridged(way: Way, facts: Facts, walk: ReturnType<typeof makeWalk>): Passage | undefined {
  const isLoaded = facts.table.kind === 'as loaded';
  if (isLoaded && !walk.hasFamily(['bridge', 'netdev', ...ipFamilies(facts)])) return undefined;
  const stages = stagesOf(way, facts);
  if (isLoaded && !walk.isBusy(stages)) return undefined;
  const begin = isLoaded ? { mark: way.mark, priority: way.class } : { mark: 0, priority: 'none' };
  const entries = [way.direction === 'out' ? way.tap : way.port.name];
  return walk.pass(stages, { ...begin, bridge: way.port.bridge ?? '', entries });
}

/** What leaves the way to its class, whatever marks it has. */
function isElsewhere(what: Change['what']): boolean {
  return what === 'way' || what === 'flow';
}

/** Whose chains a frame meets while a bridge forwards it. */
function ipFamilies({ bridged }: Pick<Facts, 'bridged'>): string[] {
  const own = [...(bridged.ip ? ['ip'] : []), ...(bridged.ip6 ? ['ip6'] : [])];
  return own.length > 0 ? [...own, 'inet'] : [];
}

/** From where ours marks; before it whatever others set is overwritten, but a frame may be led away. */
function stagesOf({ direction, tap, port, device }: Way, { bridged, table }: Facts): Stage[] {
  const [iifname, oifname] = direction === 'out' ? [tap, port.name] : [port.name, tap];
  const [entries, exits] = direction === 'out' ? [[tap], [port.name, device]] : [[port.name], [tap]];
  const ip = ipFamilies({ bridged });
  const marking = table.kind === 'as loaded' ? { after: ourPriority } : {};
  return [
    ...entries.map((name) => ({
      families: ['netdev'],
      hook: 'ingress',
      device: name,
      iifname: name,
      oifname: '',
    })),
    { families: ['bridge'], hook: 'forward', iifname, oifname, ...marking },
    { families: ['bridge'], hook: 'postrouting', iifname: '', oifname },
    ...(ip.length > 0
      ? [{ families: ip, hook: 'postrouting', iifname: '', oifname: port.bridge ?? '' }]
      : []),
    ...[...new Set(exits)].map((name) => ({
      families: ['netdev'],
      hook: 'egress',
      device: name,
      iifname: '',
      oifname: name,
    })),
  ];
}

function ruleFault(
  { direction, tap, mark, routed }: Way,
  { what, where, table, family, match, to = '', shown }: Change,
  { tables }: Facts,
): Fault {
  const by = routed?.beside ? `${verbs[direction]} by way of the host` : verbs[direction];
  const some = `${match === 'maybe' ? 'some of ' : ''}what it ${by}`;
  const base = { kind: 'rule', direction, tap } as const;
  if (what === 'flow') {
    const owner = tables.find((one) => one.family === family && one.name === table);
    const devices = owner?.flowtables.get(to)?.join(', ');
    return {
      ...base,
      reason: `${where} lets ${some} pass by the flowtable ${to}, where no chain of ours sees it`,
      remedy: `take out that rule, or from the devices of the flowtable (${devices}) those of guests and uplinks`,
    };
  }
  const deed =
    what === 'way'
      ? `sends ${some} to ${to}`
      : `takes ${what === 'mark' ? 'our mark' : 'the class'} from ${some}`;
  const range = `0x${(mark >>> 16).toString(16)}0000`;
  const spare = shown.startsWith('nft ')
    ? `meta mark & 0xffff0000 != ${range}`
    : `-m mark ! --mark ${range}/0xffff0000`;
  return {
    ...base,
    reason: `${where} ${deed}`,
    remedy: `${shown} shows the rule: take it out, or let it leave marks of ours alone by "${spare}" before what it does`,
  };
}

/** Which effect counts where: what ours sets later, or what nobody asks for any more, does not. */
function filterFaults(way: Way, { filters, clsacts, occupied, ifbs }: Facts): Fault[] {
  const { direction, tap, port, device, mark } = way;
  const uplinks = [...new Set(direction === 'out' ? [port.name, device] : [port.name])];
  const entries = direction === 'out' ? [tap] : uplinks;
  const exits = direction === 'out' ? uplinks : [device];
  const at = (name: string, hook: string, place: FilterPlace, counts: ForeignFilter['effects']): Fault[] =>
    // An ingress qdisc has no egress, where tc lists its filters all the same.
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

/** tcx comes before every filter of tc, XDP before all there is. */
function programFaults({ direction, tap, port, device }: Way, { programs }: Facts): Fault[] {
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
