// Who may send how much inside the host. nft drops what is too much where it enters, or where it would reach a
// neighbour: nothing waits there, since a guest's queue is that of its class.

import type { Config, PacketRate } from '../config/config.ts';
import type { Policy } from '../policy/policy.ts';
import { byDevice } from '../units/units.ts';
import { type Ids, idOf } from './ids.ts';
import { hex, markOf } from './names.ts';
import type { LimitPlan, LimitsPlan, PacketBucket } from './plan.ts';

/** A burst of this part of a second passes: enough for a guest's own, and too little to show in its average. */
const packetsAtOnce = 1 / 50;
/** nft does not print five packets, which it takes where nothing is said. */
const leastAtOnce = 10;

export function limiting(
  { uplinks }: Policy,
  ids: Ids,
  markBase: number,
  kinds: Config['limited'],
): LimitsPlan {
  const guests = new Map<string, LimitPlan>();
  const taps = new Map<string, LimitsPlan['taps'][number]>();
  for (const { name, limits, macs, taps: own } of uplinks.flatMap((uplink) => uplink.guests)) {
    const { local, pps, storm } = limits;
    for (const { name: device } of own) if (kinds.storm && macs) taps.set(device, { device, macs });
    if (!local && !pps && !storm) continue;
    const id = idOf(ids.guests, name);
    const plan = guests.get(name) ?? {
      guest: name,
      id: hex(id),
      mark: markOf(markBase, id),
      devices: [],
      ...(local ? { local: bytes(local.value) } : {}),
      ...(pps ? { pps: bucket(pps.value) } : {}),
      ...(storm ? { storm: amount(storm.value) } : {}),
    };
    guests.set(name, plan);
    plan.devices = [...new Set([...plan.devices, ...own.map((tap) => tap.name)])].sort();
  }
  return {
    kinds,
    guests: [...guests.values()].sort((a, b) => (a.guest < b.guest ? -1 : 1)),
    taps: [...taps.values()].sort(byDevice),
  };
}

function amount(value: number | PacketRate): number | PacketBucket {
  return typeof value === 'number' ? bytes(value) : bucket(value.packets);
}

function bucket(packets: number): PacketBucket {
  return { packets, burst: Math.max(leastAtOnce, Math.ceil(packets * packetsAtOnce)) };
}

function bytes(bits: number): number {
  return Math.floor(bits / 8);
}
