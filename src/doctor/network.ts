// Bridges and their uplinks, as a render would take them, and what else decides about frames on a bridge: other tables,
// br_netfilter, routes.
import type { Config } from '../config/config.ts';
import type { Guest } from '../guests/guest.ts';
import type { Host, Network } from '../host/host.ts';
import type { WayOut } from '../host/ways-out.ts';
import type { Unshaped } from '../policy/policy.ts';
import { type FoundUplink, findUplinks, sharedBelow, type Ways } from '../policy/uplinks.ts';
import { label } from '../text/label.ts';
import { tomlKey } from '../toml/write.ts';
import { formatRate } from '../units/rate.ts';
import { directions } from '../units/units.ts';
import { type BypassFacts, checkBypass } from './bypass.ts';
import type { Finding } from './finding.ts';
import { checkInTheWay, type Obstacles } from './in-the-way.ts';
import { checkWayOut } from './way-out.ts';

export interface NetworkFacts {
  devices: Host['devices'];
  networks: Map<string, Network>;
  /** The names of all bridges. */
  bridges: string[];
  config: Config;
  /** The running guests, as far as they are known. */
  guests: Guest[];
  /** The taps of guests that the policy limits. */
  shaped: Set<string>;
  /** Guests whose entry limits nothing. */
  unreachable: Unshaped[];
  /** Absent when it could not be read. */
  obstacles?: Obstacles;
  /** Sentences about other programs' tables that set marks after ours. */
  foreignMarks: string[];
  /** By bridge: where the host routes what its guests send to the world. */
  waysOut: Map<string, WayOut[]>;
  /** Absent when it could not be read. */
  bypass?: BypassFacts;
  /** Whether iptables sees bridged frames; absent where br_netfilter is not loaded. */
  callIptables?: boolean;
}

export function checkNetwork(facts: NetworkFacts): Finding[] {
  const { obstacles, guests, shaped } = facts;
  const found = facts.bridges.map((bridge) => ({ bridge, ways: waysOf(facts, bridge) }));
  const uplinks = new Set(found.flatMap(({ ways }) => ways.uplinks.map(({ name }) => name)));
  const bridges = found.flatMap(({ bridge, ways }) => [
    ...checkBridge(facts, bridge, ways),
    ...checkWayOut(facts.devices, facts.waysOut.get(bridge) ?? [], { bridge, uplinks: ways.uplinks }),
  ]);
  return [
    ...(bridges.length > 0 ? bridges : [noBridge]),
    ...facts.unreachable.map(tellUnreachable),
    ...checkShared(facts, [...uplinks].sort()),
    ...(obstacles ? checkInTheWay(obstacles, [...uplinks].sort(), guests, shaped) : []),
    ...facts.foreignMarks.map(
      (detail): Finding => ({ check: 'marks', level: 'warning', subject: 'marks', detail }),
    ),
    ...(facts.bypass ? checkBypass(facts.bypass) : []),
    checkBrNetfilter(facts.callIptables),
  ];
}

const noBridge: Finding = {
  check: 'bridges',
  level: 'warning',
  subject: 'bridges',
  detail: 'this host has none, and only what crosses a Linux bridge is shaped',
  hint: 'put the NIC and the guests on a bridge: <interface type="bridge">',
};

function tellUnreachable({ guest, tap, reason, remedy }: Unshaped): Finding {
  const about = { check: 'guest.unreachable', level: 'problem' as const, subject: label(guest) };
  const detail = `has an entry and is not shaped${tap ? `, ${label(tap)}` : ''}: ${reason}`;
  return { ...about, detail, ...(remedy ? { hint: remedy } : {}) };
}

function waysOf({ config, devices, networks, guests }: NetworkFacts, bridge: string): Ways {
  return findUplinks(
    config,
    { devices, networks, kernel: { leaf: 'bfifo', redirect: 'bpf' } },
    guests,
    bridge,
  );
}

function checkBridge({ guests, devices, networks }: NetworkFacts, bridge: string, ways: Ways): Finding[] {
  const about = { check: 'bridge', subject: label(bridge) };
  const used = guests.some(({ nics }) =>
    nics.some((nic) => (devices.get(nic.tap)?.master ?? nic.bridge) === bridge),
  );
  return [
    ...ways.uplinks.map((uplink) => ({
      ...about,
      ...describeLink(uplink, bridge, devices.get(uplink.name)?.speed),
    })),
    ...ways.doubts.map(({ kind, reason }): Finding => {
      if (kind === 'unable') return { ...about, level: used ? 'problem' : 'warning', detail: reason };
      const network = networks.get(bridge);
      const hint = network && network.mode !== 'isolated' && used ? { hint: routedHint } : {};
      return { ...about, level: 'ok', detail: describeDeadEnd(network), ...hint };
    }),
    ...(ways.odd ? [{ ...about, level: 'warning' as const, detail: ways.odd }] : []),
    ...ways.open.map((port): Finding => {
      const detail = `also leads out by ${label(port)}, which is no uplink in the configuration: nothing is shaped there`;
      const hint = `write [uplink.${tomlKey(port)}] as well, or: ip link set dev ${label(port)} nomaster`;
      return { ...about, level: 'warning', detail, hint };
    }),
  ];
}

const routedHint =
  'so that they are: write routed = "libvirt" in [uplink.NAME], NAME being the device of the default route (ip route)';

function describeDeadEnd(network: Network | undefined): string {
  if (!network) return 'has no uplink: guests there are not shaped';
  const { name, mode } = network;
  const way = mode === 'isolated' ? 'leads nowhere' : `leads out by the host's routing (${mode})`;
  return `libvirt's network ${label(name)} ${way}: guests there are not shaped`;
}

/** Uplinks that share one NIC need a ceil each, since the kernel reports the whole link's speed for each of them. */
function checkShared({ config, devices }: NetworkFacts, uplinks: string[]): Finding[] {
  const shared = new Map<string, string[]>();
  for (const name of uplinks) {
    const below = sharedBelow(devices, name, uplinks);
    if (below !== name) shared.set(below, [...(shared.get(below) ?? []), name]);
  }
  return [...shared].flatMap(([below, names]): Finding[] => {
    const twice = uplinks.includes(below);
    const written = (name: string) => config.uplinks.some((entry) => entry.name === name && entry.ceil);
    if (!twice && names.every(written)) return [];
    const lie = `${names.join(' and ')} ${names.length === 1 ? 'lies' : 'lie'} on it`;
    return [
      {
        check: 'uplink.shared',
        level: 'warning',
        subject: label(below),
        detail: twice
          ? `${lie}, and it is an uplink too: what passes both is shaped twice, here as nobody's`
          : `${lie}, and each is shaped as if it had the link to itself`,
        hint: `so that they share it: [uplink.${tomlKey(below)}] in the place of ${names.map((name) => `[uplink.${tomlKey(name)}]`).join(' and ')}`,
      },
    ];
  });
}

type Spoken = Pick<Finding, 'level' | 'detail' | 'hint'>;

function describeLink(
  { name: uplink, ports, entry }: FoundUplink,
  bridge: string,
  speed: number | undefined,
): Spoken {
  const isRouted = !ports.some((port) => port.bridge === bridge);
  const by = isRouted
    ? ["the host's routing"]
    : ports.map(({ name }) => name).filter((port) => port !== uplink);
  const name = by.length > 0 ? `${uplink} by ${by.join(' and ')}` : uplink;
  const ceils = directions.flatMap((direction) => entry?.ceil?.[direction].value ?? []);
  // A ceil above the link's speed is one of the configuration's warnings.
  if (ceils.length > 0) return { level: 'ok', detail: `uplink ${name}, ${inWords(ceils)} as configured` };
  if (speed !== undefined) {
    return { level: 'ok', detail: `uplink ${name}, ${formatRate(speed)} as the kernel reports it` };
  }
  return {
    level: 'warning',
    detail: `uplink ${name}, of a speed the kernel does not know: 10gbit is assumed`,
    hint: `write what it has, so that guarantees hold when it is full: [uplink.${tomlKey(uplink)}] ceil = "1gbit"`,
  };
}

/** @param ceils of sending and receiving, as written */
function inWords([out = 0, into = 0]: number[]): string {
  return out === into ? formatRate(out) : `${formatRate(out)} out, ${formatRate(into)} in`;
}

function checkBrNetfilter(callIptables: boolean | undefined): Finding {
  const about = { check: 'br_netfilter', subject: 'br_netfilter' };
  if (callIptables === undefined) return { ...about, level: 'ok', detail: 'not loaded' };
  if (!callIptables) return { ...about, level: 'ok', detail: 'loaded, and lets frames on bridges be' };
  return {
    ...about,
    level: 'warning',
    detail: "bridge-nf-call-iptables is 1: every guest's packets also pass this host's own iptables rules",
    hint:
      "virt-shaper does not need it; it costs time, and rules such as Docker's may drop what guests send\n" +
      'if nothing on this host does either: sysctl net.bridge.bridge-nf-call-iptables=0',
  };
}
