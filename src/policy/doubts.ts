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

/** The message for a bridge of a libvirt network, without the word uplink: many guests are on libvirt's default network. */
export function noUplink(
  bridge: string,
  network: Network | undefined,
  { uplinks }: Config,
  { devices }: Host,
): Doubt {
  if (!network) {
    // A bridge that was renamed is missed under its old name.
    const missing = uplinks.flatMap((entry) =>
      missingRouted(entry, devices).map(({ value }) => ({ name: entry.name, value })),
    )[0];
    const former = missing
      ? ` (${missing.value}, which [${formatPath(['uplink', missing.name])}] has as routed, is not there)`
      : '';
    const reason = `its bridge ${bridge} has no uplink${former}`;
    return { reason, kind: 'needless', unrouted: { bridge, uplink: missing?.name ?? 'NAME' } };
  }
  const { name, mode } = network;
  const word = { nat: 'NAT', route: 'routed', open: 'open', isolated: 'isolated' }[mode];
  const where = `it is on libvirt's ${word} network ${label(name)} (${bridge})`;
  const reason =
    mode === 'isolated' ? `${where}, which leads nowhere` : `${where}, which no uplink has as routed`;
  return { reason, kind: 'needless', routed: mode !== 'isolated' };
}
