// Why a bridge has no uplink, or not the one that is configured, in words for whoever runs guests on it.
import type { Config, Setting, UplinkEntry } from '../config/config.ts';
import type { Host, Network } from '../host/host.ts';
import { label } from '../text/label.ts';
import { formatPath } from '../toml/write.ts';

export interface Doubt {
  /** The reason, as words that follow a guest's name. */
  reason: string;
  /** `needless`: the bridge has no port that leads out, so it has no uplink. */
  kind: 'needless' | 'unable';
  /** Whether frames leave the host anyway, by its routing. */
  routed?: boolean;
  /** The bridge that no uplink has, and the uplink that it may be meant for. */
  unrouted?: { bridge: string; uplink: string };
  /** The configured uplink that is not connected to the bridge. */
  uplink?: string;
  /** The candidates among which the administrator has to choose. */
  ports?: string[];
}

export function unable(reason: string): Doubt {
  return { reason, kind: 'unable' };
}

/** @returns the bridges in `routed` that do not exist */
export function missingRouted({ routed = [] }: UplinkEntry, devices: Host['devices']): Setting<string>[] {
  return routed.filter(({ value }) => value !== 'libvirt' && !devices.has(value));
}

/**
 * The message for a bridge of a libvirt network is without the word uplink: many guests are on libvirt's default network.
 * @param idle a configured uplink that is connected to no bridge
 */
export function noUplink(
  bridge: string,
  network: Network | undefined,
  { uplinks }: Config,
  { devices }: Host,
  idle: string | undefined,
): Doubt {
  if (!network) {
    // A bridge that was renamed is missed under its old name.
    const missing = uplinks.flatMap((entry) =>
      missingRouted(entry, devices).map(({ value }) => ({ name: entry.name, value })),
    )[0];
    let former = '';
    if (missing)
      former = ` (${missing.value}, which [${formatPath(['uplink', missing.name])}] has as routed, is not there)`;
    else if (idle !== undefined)
      former = ` (the uplink ${idle} is a port of no bridge: put it back if it was in this one)`;
    const reason = `its bridge ${bridge} has no uplink${former}`;
    return { reason, kind: 'needless', unrouted: { bridge, uplink: missing?.name ?? idle ?? 'NAME' } };
  }
  const { name, mode } = network;
  const word = { nat: 'NAT', route: 'routed', open: 'open', isolated: 'isolated' }[mode];
  const where = `it is on libvirt's ${word} network ${label(name)} (${bridge})`;
  const reason =
    mode === 'isolated' ? `${where}, which leads nowhere` : `${where}, which no uplink has as routed`;
  return { reason, kind: 'needless', routed: mode !== 'isolated' };
}

/** Warns of an uplink that is not a NIC but a veth pair between two bridges: its frames stay on this host. */
export function oddUplink(devices: Host['devices'], bridge: string, port: string): string | undefined {
  const peer = devices.get(port)?.peer;
  const beyond = peer === undefined ? undefined : devices.get(peer)?.master;
  if (beyond === undefined) return undefined;
  return (
    `${label(bridge)} has no NIC: its only way out is ${port}, which leads to ${label(beyond)} on this host, so its ` +
    `guests are shaped on ${port}; write [${formatPath(['uplink', port])}] if that is what you want`
  );
}

/** Warns where the detected uplink may be the configured one, under another name: its ceil then counts nowhere. */
export function besidesMissing(
  { uplinks }: Config,
  { devices }: Host,
  bridge: string,
  found: string,
): string | undefined {
  const missing = uplinks.filter(({ name, bridges, routed }) => !devices.has(name) && !bridges && !routed);
  if (missing.length === 0) return undefined;
  const names = missing.map(({ name }) => `[${formatPath(['uplink', name])}]`).join(' and ');
  return (
    `${found} is taken for the uplink of ${label(bridge)}, which the configuration does not name, and there is no ` +
    `device of ${names}: its values count nowhere`
  );
}
