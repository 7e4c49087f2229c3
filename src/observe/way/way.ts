// Traces a guest's frames hook by hook, for others' rules and filters that change the mark or the class, or divert the frame. A rule
// that drops it is a firewall's, which is no fault.
import { isOurFilter } from '../../kernel/tc/filter-json.ts';
import type { Facts } from '../facts.ts';
import { type Fault, repair, verbs } from '../fault.ts';
import { filterFaults, programFaults } from './filters.ts';
import type { Passage, RuleEffect, Stage, Way } from './passage.ts';
import { passRouted } from './routed.ts';
import { makeWalk } from './walk.ts';

/** The priority of our marking chain, in the forward hook of the bridge. */
const ourPriority = 250;

/** Traces ways; what they share is computed once. @returns nothing where no way can have a fault, as on most hosts */
export function makeLook(facts: Facts): ((way: Way) => Fault[]) | undefined {
  const { table, tables, filters, programs } = facts;
  const walk = makeWalk(tables);
  const isFiltered = [...filters.values()].some((list) => !list.every(isOurFilter));
  if (table.kind === 'as loaded' && !walk.isAnyBusy && !isFiltered && programs.length === 0) return undefined;
  return (way) => {
    const rules = ruleFaults(way, facts, walk);
    // Filters and programs are at its two ends, which are the same for a routed way.
    return way.routed?.beside ? rules : [...rules, ...filterFaults(way, facts), ...programFaults(way, facts)];
  };
}

function ruleFaults(way: Way, facts: Facts, walk: ReturnType<typeof makeWalk>): Fault[] {
  const { direction, tap, mark, routed } = way;
  const passed = routed ? passRouted(way, routed, facts, walk) : passBridged(way, facts, walk);
  if (!passed) return [];
  const by = described(way);
  if (passed.byUs) {
    const reason = `the nftables table drops what ${tap} ${by}`;
    return [{ kind: 'table', direction, tap, reason, remedy: repair }];
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
  return [{ kind: 'table', direction, tap, reason, remedy: repair }];
}

/** Verbs for "what it ..." */
function described({ direction, routed }: Way): string {
  const verb = verbs[direction];
  if (routed?.answered) return `${verb} by the host's answers to it`;
  return routed?.beside ? `${verb} by way of the host` : verb;
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

/** Effects that divert a frame from its class, whatever its mark. */
function isElsewhere(what: RuleEffect['what']): boolean {
  return what === 'way' || what === 'flow';
}

/** The families of chains that a bridged frame passes. */
function ipFamilies({ bridged }: Pick<Facts, 'bridged'>): string[] {
  const own = [...(bridged.ip ? ['ip'] : []), ...(bridged.ip6 ? ['ip6'] : [])];
  return own.length > 0 ? [...own, 'inet'] : [];
}

/** The stages from our marking on: before it our rules overwrite the mark, but a frame may be diverted there. */
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
  way: Way,
  { what, where, table, family, match, to = '', shown }: RuleEffect,
  { tables }: Facts,
): Fault {
  const { direction, tap, mark } = way;
  const by = described(way);
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
