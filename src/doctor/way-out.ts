// Routed guests are limited at the uplinks with their bridge in `routed`. Traffic that the host routes to another device
// they pass by no class.
import { type Host, stackOf } from '../host/host.ts';
import { tomlKey } from '../import/to-toml.ts';
import type { FoundUplink } from '../policy/uplinks.ts';
import { label } from '../text/label.ts';
import type { Finding } from './finding.ts';

export interface RoutedBridge {
  bridge: string;
  uplinks: FoundUplink[];
}

/** @param device the one of the host's default route */
export function checkWayOut(
  devices: Host['devices'],
  device: string | undefined,
  { bridge, uplinks }: RoutedBridge,
): Finding[] {
  const isRouted = uplinks.some(({ ports }) => !ports.some((port) => port.bridge === bridge));
  if (device === undefined || !isRouted) return [];
  const ports = [...devices].filter(([, { master }]) => master === device).map(([name]) => name);
  const below = [device, ...ports].flatMap((name) => stackOf(devices, name));
  if (uplinks.some(({ name }) => below.includes(name))) return [];
  return [
    {
      check: 'bridge',
      level: 'warning',
      subject: label(bridge),
      detail: `the host's default route leaves by ${label(device)}, which is no uplink of this bridge: what its guests send that way is not shaped`,
      hint: `write routed = [${JSON.stringify(bridge)}] in [uplink.${tomlKey(device)}], too`,
    },
  ];
}
