// The limits inside the host: local, pps, storm. nft polices: excess packets are dropped where they enter, or before they reach a
// neighbour. Nothing is queued there; a guest's queue is the one of its class.

import type { Config, PacketRate } from '../config/config.ts';
import type { Policy } from '../policy/policy.ts';
import { byDevice } from '../units/units.ts';
import { type Ids, idOf } from './ids.ts';
import { hex, markOf } from './names.ts';
import type { LimitPlan, LimitsPlan, PacketBucket } from './plan.ts';

/** The burst, as a part of a second: enough for a guest's bursts, too little to show in its average. */
const packetsAtOnce = 1 / 50;
/** nft's default burst is five packets, and it does not print a default. */
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
