// Finds the faults of a guest, for each NIC and direction: whether our objects exist, are up and are reached. A pure function from
// facts to faults. Interference by others is found by tracing the way of its frames (way/way.ts).
import type { Port } from '../host/host.ts';
import type { TapPlan } from '../plan/plan.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import { label } from '../text/label.ts';
import { type Both, directions } from '../units/units.ts';
import type { Facts } from './facts.ts';
import { describeMissing, type Fault, loadRemedy as load, notes } from './fault.ts';
import type { ClassInUse } from './in-use.ts';
import { redirectFaults } from './redirect-faults.ts';
import { treeFaults } from './tree-faults.ts';
import { astrayFaults } from './way/astray.ts';
import type { Way } from './way/passage.ts';

interface Subject {
  guest: string;
  uplink: string;
  /** Of the uplink. */
  ports: Port[];
  /** Of the uplink too. */
  routes: string[];
  arrival: number;
  taps: TapPlan[];
  classes: Both<ClassInUse>;
  /** What the kernel refused to change in its trees at the last load. */
  refused?: Obstacle[];
}

const sync = 'virt-shaper sync finds where guests run now';

/** @param look finds interference by others on a way */
export function findFaults(subject: Subject, facts: Facts, look: (way: Way) => Fault[]): Fault[] {
  return [
    ...directions.flatMap((direction) => treeFaults(direction, subject, facts)),
    ...subject.taps.flatMap((tap) => tapFaults(tap, subject, facts, look)),
  ].map((fault) => withRefusal(fault, subject.refused));
}

/** Where the kernel refused the change at the last load, that is the cause, and another load no remedy. */
function withRefusal(fault: Fault, refused: Obstacle[] = []): Fault {
  if (!['ifb', 'class', 'changed', 'redirect'].includes(fault.kind)) return fault;
  const why = refused.find(({ directions: ways }) => ways.some((way) => way === fault.direction));
  return why ? { ...fault, reason: `${fault.reason} (${why.reason})`, remedy: why.hint } : fault;
}

function tapFaults(
  plan: TapPlan,
  { guest, ports, routes, arrival, classes }: Subject,
  facts: Facts,
  look: (way: Way) => Fault[],
): Fault[] {
  const { name: tap, bridge, mark } = plan;
  if (!facts.devices.has(tap)) {
    return facts.missing.has(`${tap} ${guest}`)
      ? [{ tap, ...describeMissing(tap) }]
      : [{ kind: 'tap-gone', tap, reason: `its tap ${tap} is gone`, remedy: sync }];
  }
  const owner = facts.owners.get(tap);
  if (owner !== undefined && owner !== guest) {
    return [
      { kind: 'tap-gone', tap, reason: `its tap ${tap} is of guest ${label(owner)} now`, remedy: sync },
    ];
  }
  if (!facts.ports.get(bridge)?.has(tap)) {
    const reason = `its tap ${tap} is no port of ${bridge} any more`;
    return [{ kind: 'tap-moved', tap, reason, remedy: sync }];
  }
  const near = ports.filter((port) => port.bridge === bridge);
  const isRouted = near.length === 0;
  // A routed guest's frames leave by ports of other bridges, or by devices without a bridge.
  const own = isRouted ? ports : near;
  const ways = own.filter((port) => facts.ports.get(port.bridge)?.has(port.name));
  const lost = own.filter((port) => !ways.includes(port) && facts.devices.has(port.name));
  const moved = lost.map(({ name, bridge: left }): Fault => {
    const remedy = `ip link set dev ${name} master ${left}, or where that is meant: virt-shaper sync`;
    return { kind: 'uplink-moved', tap, reason: `${name} is no port of ${left} any more`, remedy };
  });
  if (facts.table.kind === 'missing') {
    const reason = 'the nftables table bridge virt-shaper is not there';
    return [...moved, { kind: 'table', tap, reason, remedy: load }];
  }
  const passed = new Set([tap, bridge, ...ways.map(({ name }) => name), classes.out.device]);
  const exits = isRouted ? [...ways, ...routes.map((name) => ({ name }))] : ways;
  const down = [...passed]
    .filter((name) => facts.devices.get(name)?.up === false)
    .map((name): Fault => {
      const reason = `${name} is down, so nothing passes it`;
      return { kind: 'down', tap, reason, remedy: `ip link set dev ${name} up` };
    });
  return [
    ...moved,
    ...down,
    ...(isRouted ? astrayFaults(plan, facts) : []),
    ...directions.flatMap((direction) => {
      const { device, id } = classes[direction];
      // A fault that several ports share is reported once.
      const held = direction === 'out' ? (plan.sender ?? mark) : arrival;
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
    }),
    ...redirectFaults(tap, mark, classes.in.device, facts),
    ...facts.amiss.map((name): Fault => {
      const reason = `${name} is not as it was loaded: what the host itself answers to forged pings of its has no limit`;
      return {
        kind: 'aside',
        direction: 'out',
        tap,
        reason,
        remedy: `virt-shaper load, or: sysctl -w ${name}=1`,
      };
    }),
  ];
}
