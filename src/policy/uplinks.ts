// Finds the uplinks of a bridge. A frame leaves by a port of the bridge, which may be stacked on other devices: a VLAN on a NIC.
// Any device of that stack may be the uplink, on which the queues are, and several bridges may share it. Configured uplinks take
// precedence; without one, the only port of the bridge that is not a tap is the uplink. The first port, which the old hook took,
// may belong to anything.
import type { Config, UplinkEntry } from '../config/config.ts';
import type { Guest } from '../guests/guest.ts';
import { type Host, type Port, stackOf } from '../host/host.ts';
import { label } from '../text/label.ts';
import { formatPath } from '../toml/write.ts';
import { isDeviceName } from '../units/units.ts';
import { besidesMissing, type Doubt, noUplink, oddUplink, unable } from './doubts.ts';

export interface FoundUplink {
  name: string;
  /** The ports of the bridge by which frames reach it. */
  ports: Port[];
  entry?: UplinkEntry;
}

export interface Ways {
  /** In name order. */
  uplinks: FoundUplink[];
  /** Why there is none, or why a configured one is missing. */
  doubts: Doubt[];
  /** NICs in the bridge that are not uplinks, since the configuration names another. */
  open: string[];
  /** A warning where the detected uplink is unlikely to be meant. */
  odd?: string;
}

/** @param bridge empty when the tap is not a port of any bridge */
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
      // Packets that are routed to a bridge leave by that bridge's port.
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

/** The doubt about a guest that is the way out for the others, such as a router: its tap's queues are theirs. */
export function uplinkItself({ uplinks }: Ways, tap: string): Doubt | undefined {
  const uplink = uplinks.find(({ name, ports }) => name === tap || ports.some((port) => port.name === tap));
  if (!uplink) return undefined;
  const reason = `${tap} is the uplink of the others itself, by [${formatPath(['uplink', uplink.name])}]`;
  return { reason, kind: 'needless' };
}

/** @returns the bridges whose guests reach an uplink by routing */
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

/** The reason where one uplink is stacked on another: the lower tree would classify the frames of the upper one again. */
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
  // The port of a container is neither a tap nor a NIC: it must not make the uplink ambiguous.
  const physical = candidates.filter(([, device]) => device.physical);
  const ports = (physical.length === 1 ? physical : candidates).map(([name]) => name).sort();
  const [port] = ports;
  const [idle] = idleUplinks(config, host);
  if (!port) return only(noUplink(bridge, networks?.get(bridge), config, host, idle));
  if (ports.length > 1) {
    const names =
      ports.length > 4 ? `${ports.slice(0, 4).map(label).join(', ')}, ...` : ports.map(label).join(', ');
    const found = `${bridge} has ${ports.length} ports that may be its uplink (${names})`;
    const remedy = `name it as [uplink.NAME] bridge = "${bridge}"`;
    if (idle === undefined) return only({ ...unable(`${found}: ${remedy}`), ports });
    const reason = `the uplink ${idle} is a port of no bridge: put it back; or, as ${found}, ${remedy}`;
    return only({ ...unable(reason), uplink: idle });
  }
  if (idle !== undefined && !devices.get(port)?.physical) {
    const reason =
      `its bridge ${bridge} has no NIC, and the uplink ${idle} is a port of no bridge: ` +
      `put it back, or write [${formatPath(['uplink', port])}] if that is what leads out now`;
    return only({ ...unable(reason), uplink: idle });
  }
  // A NIC that is a port itself has a tree already, which would classify these frames as unmarked.
  const name = stackOf(devices, port).findLast((one) => devices.get(one)?.master) ?? port;
  const unnamed = [port, name].find((one) => !isDeviceName(one));
  if (unnamed !== undefined) {
    return only(unable(oddName(bridge, unnamed)));
  }
  const odd = oddUplink(devices, bridge, port) ?? besidesMissing(config, host, bridge, name);
  return {
    uplinks: [{ name, ports: [{ name: port, bridge }] }],
    doubts: [],
    open: [],
    ...(odd === undefined ? {} : { odd }),
  };
}

/** Configured uplinks that exist and are connected to no bridge: one that has just left its bridge must not be replaced by another. */
function idleUplinks({ uplinks }: Config, { devices }: Host): string[] {
  return uplinks
    .filter(({ name, bridges, routed }) => devices.has(name) && !bridges && !routed)
    .filter(({ name }) => portsOn(devices, name).length === 0)
    .map(({ name }) => name);
}

function only(doubt: Doubt): Ways {
  return { uplinks: [], doubts: [doubt], open: [] };
}

/** @returns the ports of all bridges that are this device or stacked on it, in name order */
export function portsOn(devices: Host['devices'], name: string): Port[] {
  return [...devices]
    .flatMap(([port, { master }]) => (master ? { name: port, bridge: master } : []))
    .filter((port) => stackOf(devices, port.name).includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @returns the lowest device that this one and another one are both stacked on; the device itself when there is none */
export function sharedBelow(devices: Host['devices'], name: string, names: string[]): string {
  const others = names.filter((one) => one !== name).flatMap((one) => stackOf(devices, one));
  return stackOf(devices, name).findLast((one) => others.includes(one)) ?? name;
}
