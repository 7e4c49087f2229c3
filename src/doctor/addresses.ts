// Duplicate MAC addresses: two guests with one, or a guest with the host's. A bridge's forwarding table sends a frame to the
// port that used its address last, so the frames of one are delivered to the other, and counted there.
import type { Config } from '../config/config.ts';
import { matchGuest } from '../config/pattern.ts';
import type { Guest } from '../guests/guest.ts';
import { label } from '../text/label.ts';
import type { Finding } from './finding.ts';

export interface AddressFacts {
  running: Guest[];
  config?: Config;
  /** MAC addresses of bridges and uplinks, in lower case: address -> device. */
  hostAddresses: Map<string, string>;
}

interface Owner {
  guest: Guest;
  bridge: string;
}

export function checkAddresses({ running, config, hostAddresses }: AddressFacts): Finding[] {
  const about = { check: 'guest.address', level: 'warning' as const };
  const owners = new Map<string, Owner[]>();
  for (const guest of running)
    for (const { mac, bridge = '' } of guest.nics)
      if (mac) owners.set(mac.toLowerCase(), [...(owners.get(mac.toLowerCase()) ?? []), { guest, bridge }]);
  const shared = [...owners].flatMap(([mac, all]): Finding[] => {
    const otherOf = (one: Owner) =>
      all.find(({ guest, bridge }) => guest !== one.guest && bridge === one.bridge);
    const first = all.find(otherOf);
    const second = first && otherOf(first);
    if (!first || !second) return [];
    return [
      {
        ...about,
        subject: label(first.guest.name),
        detail: `has the address ${mac} in ${first.bridge}, as ${label(second.guest.name)} has: each gets what is sent to the other`,
        hint: 'give one of them another address: virsh edit GUEST',
      },
    ];
  });
  if (!config) return shared;
  const listed = running.flatMap((guest): Finding[] => {
    const macs = matchGuest(config, guest.name)?.macs;
    if (!macs || macs === 'any') return [];
    return macs.flatMap(({ value }): Finding[] => {
      const others = (owners.get(value) ?? []).filter((one) => one.guest.name !== guest.name);
      const whose = others[0] ? label(others[0].guest.name) : hostAddresses.get(value);
      if (whose === undefined) return [];
      return [
        {
          ...about,
          subject: label(guest.name),
          detail: `its macs have ${value}, which is the address of ${whose}: what is sent to that one and reaches it counts as its own`,
          hint: `take ${value} out of its macs`,
        },
      ];
    });
  });
  return [...shared, ...listed];
}
