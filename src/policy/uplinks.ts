// Which uplinks a bridge leads to. A frame leaves by a port of the bridge, and below that may lie others: a VLAN
// device on a NIC. Any of these may be the uplink, where the queues are, and then several bridges may share it.
// Configured ones come first; without one, the only port of the bridge that is no guest's tap is it. The first
// port, which the old hook took, may be anybody's.
import type { Config, UplinkEntry } from '../config/config.ts';
import type { Guest } from '../guests/guest.ts';
import { type Host, type Network, type Port, stackOf } from '../host/host.ts';
import { label } from '../text/label.ts';
import { formatPath } from '../toml/place.ts';
import { isDeviceName } from '../units/units.ts';

export interface FoundUplink {
  name: string;
  /** Those of the bridge by which frames reach it. */
  ports: Port[];
  entry?: UplinkEntry;
}

export interface Doubt {
  /** In words that follow a guest's name. */
  reason: string;
  /** `needless`: the bridge has no port that leads out, so there is no uplink to share. */
  kind: 'needless' | 'unable';
  /** What passes there leaves the host all the same, by its routing. */
  routed?: boolean;
  /** The configured uplink that is not where it should be. */
  uplink?: string;
  /** Those among which the administrator has to choose. */
  ports?: string[];
}

export interface Ways {
  /** In name order. */
  uplinks: FoundUplink[];
  /** Why there is none, or not each that should be. */
  doubts: Doubt[];
  /** NICs in the bridge that are no uplinks, where the configuration names another. */
  open: string[];
  /** A sentence where the uplink found is not what anybody would call one. */
  odd?: string;
}

/** @param bridge empty when the tap is a port of none */
export function findUplinks(config: Config, host: Host, guests: Guest[], bridge: string): Ways {
  if (bridge === '') return only({ reason: 'it is a port of no bridge', kind: 'needless' });
  const ports = [...host.devices]
    .filter(([, device]) => device.master === bridge)
    .map(([name, device]) => {
      const stack = stackOf(host.devices, name);
      return { name, device, entries: config.uplinks.filter((entry) => stack.includes(entry.name)) };
    });
  const lacking = config.uplinks
    .filter(({ bridges = [] }) => bridges.some(({ value }) => value === bridge))
    .filter((entry) => !ports.some(({ entries }) => entries.includes(entry)))
    .map(({ name }) => ({ ...unable(whyLacking(host, name, bridge)), uplink: name }));
  const routed = config.uplinks.filter((entry) => routedBridges(entry, host).includes(bridge));
  const configured = ports.filter(({ entries }) => entries.length > 0);
  const clear = configured.filter(({ name, entries }) => entries.length === 1 && isDeviceName(name));
  if (configured.length + lacking.length + routed.length === 0)
    return foundPort(config, host, guests, bridge);
  const gone = routed.filter(({ name }) => !host.devices.has(name));
  return {
    uplinks: config.uplinks.flatMap((entry) => {
      const { name } = entry;
      const own = clear.filter(({ entries }) => entries.includes(entry));
      if (own.length > 0) return [{ name, ports: own.map((port) => ({ name: port.name, bridge })), entry }];
      // What it routes to a device that is a port of another bridge leaves by that port.
      if (routed.includes(entry) && !gone.includes(entry))
        return [{ name, ports: portsOn(host.devices, name), entry }];
      return [];
    }),
    doubts: [
      ...lacking,
      ...gone.map(({ name }) => unable(`the uplink ${name}, to which ${bridge} is routed, does not exist`)),
      ...configured.flatMap(({ name, entries }) => {
        if (entries.length > 1) return unable(shapedTwice(name, entries));
        return isDeviceName(name) ? [] : unable(oddName(bridge, name));
      }),
    ],
    open: ports
      .filter(({ entries, device }) => entries.length === 0 && device.physical)
      .map(({ name }) => name),
  };
}

/** Bridges whose guests reach an uplink by routing. */
function routedBridges({ routed = [] }: UplinkEntry, { networks }: Host): string[] {
  return routed.flatMap(({ value }) => (value === 'libvirt' ? routedNetworks(networks) : [value]));
}

function routedNetworks(networks: Host['networks'] = new Map()): string[] {
  return [...networks].flatMap(([bridge, { mode }]) => (mode === 'isolated' ? [] : [bridge]));
}

function whyLacking({ devices }: Host, name: string, bridge: string): string {
  if (!devices.has(name)) return `its uplink ${name} does not exist`;
  return `its uplink ${name} is not a port of ${bridge}, and none of its ports lies on it`;
}

/** The lower tree would take what comes from the upper one for its own guests', or for nobody's. */
function shapedTwice(port: string, entries: UplinkEntry[]): string {
  const names = entries.map(({ name }) => `[${formatPath(['uplink', name])}]`).join(' and ');
  return `what leaves by ${port} would be shaped twice, by ${names}: leave out one of them`;
}

function oddName(bridge: string, name: string): string {
  return `the uplink of ${bridge} has a name that virt-shaper does not take: ${label(name)}`;
}

function foundPort(config: Config, host: Host, guests: Guest[], bridge: string): Ways {
  const { devices, networks } = host;
  const taps = new Set(guests.flatMap((guest) => guest.nics.map((nic) => nic.tap)));
  const candidates = [...devices].filter(
    ([name, device]) => device.master === bridge && !device.tap && !taps.has(name),
  );
  // A container's port is no tap, but no NIC either: it must not put the uplink in doubt.
  const physical = candidates.filter(([, device]) => device.physical);
  const ports = (physical.length === 1 ? physical : candidates).map(([name]) => name).sort();
  const [port] = ports;
  if (!port) return only(noUplink(bridge, networks?.get(bridge)));
  if (ports.length > 1) {
    const names =
      ports.length > 4 ? `${ports.slice(0, 4).map(label).join(', ')}, ...` : ports.map(label).join(', ');
    const reason =
      `${bridge} has ${ports.length} ports that may be its uplink (${names}): ` +
      `name it as [uplink.NAME] bridge = "${bridge}"`;
    return only({ reason, kind: 'unable', ports });
  }
  const [idle] = devices.get(port)?.physical ? [] : idleUplinks(config, host);
  if (idle !== undefined) {
    const reason =
      `its bridge ${bridge} has no NIC, and the uplink ${idle} is a port of no bridge: ` +
      `put it back, or write [${formatPath(['uplink', port])}] if that is what leads out now`;
    return only({ ...unable(reason), uplink: idle });
  }
  // A NIC that is a port itself has a tree already, which would take these frames for nobody's.
  const name = stackOf(devices, port).findLast((one) => devices.get(one)?.master) ?? port;
  const unnamed = [port, name].find((one) => !isDeviceName(one));
  if (unnamed !== undefined) {
    return only(unable(oddName(bridge, unnamed)));
  }
  const odd = oddUplink(devices, bridge, port);
  return { uplinks: [{ name, ports: [{ name: port, bridge }] }], doubts: [], open: [], ...odd };
}

/** Of the configuration, there, and for no bridge: what has just left its bridge is nobody else's to replace. */
function idleUplinks({ uplinks }: Config, { devices }: Host): string[] {
  return uplinks
    .filter(({ name, bridges, routed }) => devices.has(name) && !bridges && !routed)
    .filter(({ name }) => portsOn(devices, name).length === 0)
    .map(({ name }) => name);
}

/** No NIC, but one end of a pair between two bridges: what leaves by it is still on this host. */
function oddUplink(devices: Host['devices'], bridge: string, port: string): Pick<Ways, 'odd'> {
  const peer = devices.get(port)?.peer;
  const beyond = peer === undefined ? undefined : devices.get(peer)?.master;
  if (beyond === undefined) return {};
  return {
    odd:
      `${label(bridge)} has no NIC: its only way out is ${port}, which leads to ${label(beyond)} on this host, so its ` +
      `guests are shaped on ${port}; write [${formatPath(['uplink', port])}] if that is what you want`,
  };
}

/** In the words of who has never heard of uplinks: many guests are on libvirt's default network. */
function noUplink(bridge: string, network: Network | undefined): Doubt {
  if (!network) return { reason: `its bridge ${bridge} has no uplink`, kind: 'needless' };
  const { name, mode } = network;
  const word = { nat: 'NAT', route: 'routed', open: 'open', isolated: 'isolated' }[mode];
  const where = `it is on libvirt's ${word} network ${label(name)} (${bridge})`;
  const reason =
    mode === 'isolated' ? `${where}, which leads nowhere` : `${where}, which no uplink has as routed`;
  return { reason, kind: 'needless', routed: mode !== 'isolated' };
}

function only(doubt: Doubt): Ways {
  return { uplinks: [], doubts: [doubt], open: [] };
}

function unable(reason: string): Doubt {
  return { reason, kind: 'unable' };
}

/** The ports of all bridges by which frames reach a device, in name order. */
export function portsOn(devices: Host['devices'], name: string): Port[] {
  return [...devices]
    .flatMap(([port, { master }]) => (master ? { name: port, bridge: master } : []))
    .filter((port) => stackOf(devices, port.name).includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The lowest device that one of these and another one lie on both; the device itself when there is none. */
export function sharedBelow(devices: Host['devices'], name: string, names: string[]): string {
  const others = names.filter((one) => one !== name).flatMap((one) => stackOf(devices, one));
  return stackOf(devices, name).findLast((one) => others.includes(one)) ?? name;
}
