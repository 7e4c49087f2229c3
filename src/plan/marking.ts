// Assigns frames to guests on every path. Frames that a bridge forwards are classified by the pair of ports. Frames through the
// host are marked where they enter and classified where they leave, since routing rewrites skb->priority but not skb->mark.

import type { GuestPolicy, Policy, TapPolicy, UplinkPolicy } from '../policy/policy.ts';
import { byDevice, type Direction, directions } from '../units/units.ts';
import { type Ids, idOf } from './ids.ts';
import { arrivalMark, chainName, classId, markOf } from './names.ts';
import type { ArrivalPlan, ChainPlan, Plan, SenderPlan } from './plan.ts';

export function marking(
  { uplinks }: Policy,
  ids: Ids,
  markBase: number,
): Pick<Plan, 'chains' | 'senders' | 'arrivals'> {
  const chains = new Map<string, ChainPlan>();
  const senders = new Map<string, SenderPlan>();
  const arrivals = new Map<string, ArrivalPlan>();
  const known = new Set<string>();
  for (const [index, uplink] of uplinks.entries()) {
    const arrival = arrivalMark(markBase, index);
    for (const { name } of uplink.ports)
      senders.set(name, { device: name, name: uplink.name, mark: arrival });
    for (const guest of uplink.guests) {
      const id = idOf(ids.guests, guest.name);
      for (const tap of guest.taps) {
        // Its way out is not known where a frame enters, so a guest has one mark on all ways into the host.
        const sender = markOf(markBase, id);
        senders.set(tap.name, { device: tap.name, name: guest.name, mark: sender });
        for (const iif of uplink.routes)
          arrivals.set(`${iif} ${tap.bridge}`, { iif, oif: tap.bridge, name: uplink.name, mark: arrival });
        for (const direction of directions) {
          const name = chainName(direction, id, tap.way);
          const chain =
            chains.get(name) ?? newChain(name, guest, direction, markOf(markBase, id, tap.way), id, ids);
          chains.set(name, chain);
          lead(chain, uplink, tap, { sender, arrival }, known);
        }
      }
    }
  }
  return {
    chains: [...chains.values()].sort(
      (a, b) => order(a.guest, b.guest) || order(b.direction, a.direction) || order(a.name, b.name),
    ),
    senders: [...senders.values()].sort(byDevice),
    arrivals: [...arrivals.values()].sort((a, b) => order(a.iif, b.iif) || order(a.oif, b.oif)),
  };
}

function newChain(
  name: string,
  { name: guest, macs }: GuestPolicy,
  direction: Direction,
  mark: number,
  id: number,
  { flooded }: Ids,
): ChainPlan {
  return {
    name,
    guest,
    direction,
    mark,
    class: classId(direction, id),
    ...(macs ? { macs } : {}),
    ...(direction === 'in' && macs ? { flooded: classId(direction, flooded) } : {}),
    lookups: [],
    sent: [],
    routed: [],
  };
}

/** Adds the map elements that lead to a chain whatever a tap sends or receives by an uplink. */
function lead(
  chain: ChainPlan,
  { ports, routes }: UplinkPolicy,
  { name: tap, bridge }: TapPolicy,
  { sender, arrival }: { sender: number; arrival: number },
  known: Set<string>,
): void {
  const own = ports.filter((port) => port.bridge === bridge).map(({ name }) => name);
  if (chain.direction === 'in') {
    chain.lookups.push(...own.map((iif) => ({ iif, oif: tap })));
    chain.sent.push({ device: tap, mark: arrival });
    return;
  }
  chain.lookups.push(...own.map((oif) => ({ iif: tap, oif })));
  // Another NIC of the guest may have the same element already, with another chain but the same class.
  const add = (list: ChainPlan['sent'], device: string) => {
    const key = `${device} ${sender}`;
    if (!known.has(key)) list.push({ device, mark: sender });
    known.add(key);
  };
  for (const { name } of ports) add(chain.sent, name);
  for (const device of routes) add(chain.routed, device);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
