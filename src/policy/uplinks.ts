// Which uplink a bridge leads to. Configured uplinks come first; without one, the only port of the bridge
// that is no guest's tap is it. The first port, which the old hook took, may be anybody's.
import type { Config, UplinkEntry } from '../config/config.ts';
import type { Guest } from '../guests/guest.ts';
import type { Host } from '../host/host.ts';
import { label } from '../label.ts';
import { isDeviceName } from '../units.ts';

export type FoundUplink =
  | { name: string; bridge: string; entry?: UplinkEntry }
  /** `needless`: the bridge leads nowhere, so there is nothing to share. */
  | {
      reason: string;
      kind: 'needless' | 'unable';
      /** Those among which the administrator has to choose. */
      ports?: string[];
    };

/** @param bridge absent when the tap is a port of none */
export function findUplink(
  config: Config,
  host: Host,
  guests: Guest[],
  bridge: string | undefined,
): FoundUplink {
  if (bridge === undefined) return { reason: 'it is a port of no bridge', kind: 'needless' };
  const configured = config.uplinks.filter(
    (uplink) => (uplink.bridge?.value ?? host.devices.get(uplink.name)?.master) === bridge,
  );
  const [entry, second] = configured;
  if (entry && second) {
    return unable(`${bridge} has two uplinks in the configuration, ${entry.name} and ${second.name}`);
  }
  if (entry) {
    const device = host.devices.get(entry.name);
    if (!device) return unable(`its uplink ${entry.name} does not exist`);
    if (device.master !== bridge) return unable(`its uplink ${entry.name} is not a port of ${bridge}`);
    return { name: entry.name, bridge, entry };
  }
  return foundPort(host, guests, bridge);
}

function foundPort(host: Host, guests: Guest[], bridge: string): FoundUplink {
  const taps = new Set(guests.flatMap((guest) => guest.nics.map((nic) => nic.tap)));
  const candidates = [...host.devices].filter(
    ([name, device]) => device.master === bridge && !device.tap && !taps.has(name),
  );
  // A container's port is no tap, but no NIC either: it must not put the uplink in doubt.
  const physical = candidates.filter(([, device]) => device.physical);
  const ports = (physical.length === 1 ? physical : candidates).map(([name]) => name).sort();
  const [port] = ports;
  if (!port) return { reason: `its bridge ${bridge} has no uplink`, kind: 'needless' };
  if (ports.length === 1 && !isDeviceName(port)) {
    return unable(`the uplink of ${bridge} has a name that virt-shaper does not take: ${label(port)}`);
  }
  if (ports.length > 1) {
    const names =
      ports.length > 4 ? `${ports.slice(0, 4).map(label).join(', ')}, ...` : ports.map(label).join(', ');
    const reason =
      `${bridge} has ${ports.length} ports that may be its uplink (${names}): ` +
      `name it as [uplink.NAME] bridge = "${bridge}"`;
    return { reason, kind: 'unable', ports };
  }
  return { name: port, bridge };
}

function unable(reason: string): FoundUplink {
  return { reason, kind: 'unable' };
}
