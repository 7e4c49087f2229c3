// Routed guests are limited at the uplinks with their bridge in `routed`. What the host routes to another device meets no
// class. Said of a bridge, also before a guest runs on it; of guests in force each view says it.
import { type Host, stackOf } from '../host/host.ts';
import type { WayOut } from '../host/ways-out.ts';
import type { FoundUplink } from '../policy/uplinks.ts';
import { label } from '../text/label.ts';
import { basicString, tomlKey } from '../toml/write.ts';
import type { Finding } from './finding.ts';

export interface RoutedBridge {
  bridge: string;
  uplinks: FoundUplink[];
}

/** @param ways the exits of what the host forwards from that bridge, by family */
export function checkWayOut(
  devices: Host['devices'],
  ways: WayOut[],
  { bridge, uplinks }: RoutedBridge,
): Finding[] {
  const isRouted = uplinks.some(({ ports }) => !ports.some((port) => port.bridge === bridge));
  if (!isRouted) return [];
  const leads = (device: string) => {
    const ports = [...devices].filter(([, { master }]) => master === device).map(([name]) => name);
    const below = [device, ...ports].flatMap((name) => stackOf(devices, name));
    return uplinks.some(({ name }) => below.includes(name));
  };
  const others = new Map<string, WayOut['family'][]>();
  for (const { family, devices: exits } of ways)
    for (const device of exits)
      if (!leads(device)) others.set(device, [...(others.get(device) ?? []), family]);
  return [...others].map(([device, families]) => ({
    check: 'bridge',
    level: 'warning',
    subject: label(bridge),
    detail: `what the host routes for its guests by ${families.join(' and ')} leaves by ${label(device)}, which is no uplink of this bridge: it is not shaped`,
    hint: `write routed = [${basicString(bridge)}] in [uplink.${tomlKey(device)}], too`,
  }));
}
