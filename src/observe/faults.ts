// Finds the faults of a guest, for each NIC and direction: whether our objects exist, are up and are reached. A pure function from
// facts to faults. Interference by others is found by tracing the way of its frames (way/way.ts).
import type { Port } from '../host/host.ts';
import type { TapPlan } from '../plan/plan.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import { label } from '../text/label.ts';
import { type Both, both, type Direction, directions } from '../units/units.ts';
import type { Facts } from './facts.ts';
import { describeMissing, type Fault, findsAgain, repairRemedy as missing, notes, repair } from './fault.ts';
import type { ClassInUse, UplinkInUse } from './in-use.ts';
import { redirectFaults } from './redirect-faults.ts';
import { classFaults, treeFault } from './tree-faults.ts';
import { astrayFaults } from './way/astray.ts';
import type { Way } from './way/passage.ts';

/** A guest of an uplink. */
interface Subject {
  guest: string;
  taps: TapPlan[];
  classes: Both<ClassInUse>;
}

/** Finds interference by others on a way; absent where there is none on any. */
export type Look = ((way: Way) => Fault[]) | undefined;

/**
 * Finds the faults of an uplink's guests; those that all of them share are found once.
 * @param refused what the kernel refused to change in its trees at the last load
 */
export function makeJudge(
  uplink: UplinkInUse,
  facts: Facts,
  look: Look,
  refused: Obstacle[],
): (subject: Subject) => Fault[] {
  const trees = both((direction) => treeFault(direction, uplink, facts));
  const places = new Map<string, Place>();
  const placeOf = (bridge: string) => {
    const place = places.get(bridge) ?? makePlace(bridge, uplink, facts);
    places.set(bridge, place);
    return place;
  };
  return (subject) => {
    const faults: Fault[] = [];
    for (const direction of directions) {
      const fault = trees[direction];
      faults.push(...(fault ? [fault] : classFaults(direction, subject.classes[direction])));
    }
    for (const tap of subject.taps) {
      faults.push(...tapFaults(tap, subject, facts, placeOf(tap.bridge), look));
    }
    return faults.map((fault) => withRefusal(fault, refused));
  };
}

/** Where the kernel refused the change at the last load, that is the cause, and another load no remedy. */
function withRefusal(fault: Fault, refused: Obstacle[]): Fault {
  if (!['ifb', 'class', 'changed', 'redirect'].includes(fault.kind)) return fault;
  const why = refused.find(({ directions: ways }) => ways.some((way) => way === fault.direction));
  return why ? { ...fault, reason: `${fault.reason} (${why.reason})`, remedy: why.hint } : fault;
}

/** A bridge, with the ports by which its taps reach the uplink. */
interface Place {
  /** A routed guest's frames leave by ports of other bridges, or by devices without a bridge. */
  isRouted: boolean;
  exits: (Pick<Port, 'name'> & Partial<Port>)[];
  /** Ports that have left their bridges. */
  lost: Port[];
  /** Devices on the way of every tap that are down. */
  down: string[];
  arrival: number;
}

function makePlace(bridge: string, { ports, routes, arrival, trees }: UplinkInUse, facts: Facts): Place {
  const near = ports.filter((port) => port.bridge === bridge);
  const isRouted = near.length === 0;
  const own = isRouted ? ports : near;
  const ways = own.filter((port) => facts.ports.get(port.bridge)?.has(port.name));
  const passed = new Set([bridge, ...ways.map(({ name }) => name), trees.out.device]);
  return {
    isRouted,
    exits: isRouted ? [...ways, ...routes.map((name) => ({ name }))] : ways,
    lost: own.filter((port) => !ways.includes(port) && facts.devices.has(port.name)),
    down: [...passed].filter((name) => isDown(name, facts)),
    arrival,
  };
}

function isDown(name: string, { devices }: Facts): boolean {
  return devices.get(name)?.up === false;
}

function tapFaults(plan: TapPlan, subject: Subject, facts: Facts, place: Place, look: Look): Fault[] {
  const { guest, classes } = subject;
  const { name: tap, bridge, mark } = plan;
  if (!facts.devices.has(tap)) {
    return facts.missing.has(`${tap} ${guest}`)
      ? [{ tap, ...describeMissing(tap) }]
      : [{ kind: 'tap-gone', tap, reason: `its tap ${tap} is gone`, remedy: findsAgain }];
  }
  const owner = facts.owners.get(tap);
  if (owner !== undefined && owner !== guest) {
    return [
      { kind: 'tap-gone', tap, reason: `its tap ${tap} is of guest ${label(owner)} now`, remedy: findsAgain },
    ];
  }
  if (!facts.ports.get(bridge)?.has(tap)) {
    const reason = `its tap ${tap} is no port of ${bridge} any more`;
    return [{ kind: 'tap-moved', tap, reason, remedy: findsAgain }];
  }
  const moved = place.lost.map(({ name, bridge: left }): Fault => {
    const remedy = `ip link set dev ${name} master ${left}, or where that is meant: ${repair}`;
    return { kind: 'uplink-moved', tap, reason: `${name} is no port of ${left} any more`, remedy };
  });
  if (facts.table.kind === 'missing') {
    const reason = 'the nftables table bridge virt-shaper is not there';
    return [...moved, { kind: 'table', tap, reason, remedy: missing }];
  }
  const down = (isDown(tap, facts) ? [tap, ...place.down] : place.down).map((name): Fault => {
    const reason = `${name} is down, so nothing passes it`;
    return { kind: 'down', tap, reason, remedy: `ip link set dev ${name} up` };
  });
  return [
    ...moved,
    ...down,
    ...(place.isRouted ? astrayFaults(plan, facts) : []),
    ...(look ? directions.flatMap((direction) => wayFaults(direction, plan, subject, place, look)) : []),
    ...redirectFaults(tap, mark, classes.in.device, facts),
    ...facts.amiss.map((name): Fault => {
      const reason = `${name} is not as it was loaded: what the host itself answers to forged pings of its has no limit`;
      return {
        kind: 'aside',
        direction: 'out',
        tap,
        reason,
        remedy: `${repair}, or: sysctl -w ${name}=1`,
      };
    }),
  ];
}

/** Interference by others on the ways of a tap's frames in one direction. A fault that several ports share is reported once. */
function wayFaults(
  direction: Direction,
  { name: tap, bridge, mark, sender }: TapPlan,
  { classes }: Subject,
  { isRouted, exits, arrival }: Place,
  look: NonNullable<Look>,
): Fault[] {
  const { device, id } = classes[direction];
  const held = direction === 'out' ? (sender ?? mark) : arrival;
  const routed = { routed: { bridge, mark: held } };
  const found = exits.flatMap((port) => {
    const way = { direction, tap, port, device, mark, class: id };
    const found = look(isRouted ? { ...way, ...routed } : way);
    if (found.some(({ kind }) => !notes.includes(kind))) return found;
    const aside = { ...routed.routed, beside: true } as const;
    const forwarded = isRouted ? [] : look({ ...way, routed: aside });
    const isOther = forwarded.length === 0 && direction === 'out';
    const answered = isOther ? look({ ...way, routed: { ...aside, answered: true } }) : [];
    const beside = [...forwarded, ...answered];
    return [...found, ...beside.map((fault): Fault => ({ ...fault, kind: 'aside' }))];
  });
  return found.filter((one, at) => found.findIndex(({ reason }) => reason === one.reason) === at);
}
