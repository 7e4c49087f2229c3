// Config + Guests + Host + Moment -> Policy, as a table of contents: the uplinks of each NIC (uplinks.ts), the values of its guest
// there (values.ts), and oversubscription (guarantees.ts).
import type { Config } from '../config/config.ts';
import type { Guest } from '../guests/guest.ts';
import { type Host, type Port, stackOf } from '../host/host.ts';
import { label } from '../text/label.ts';
import { basicString, formatPath } from '../toml/write.ts';
import { byName } from '../units/units.ts';
import type { Doubt } from './doubts.ts';
import { refuseGuarantees, scaleGuarantees } from './guarantees.ts';
import { lackingLeaves } from './leaves.ts';
import { newUplink } from './link.ts';
import type { Moment } from './moment/moment.ts';
import { isListed, metadataProblems, sourcesOf } from './origin.ts';
import type { GuestPolicy, Policy, Unshaped, UplinkPolicy } from './policy.ts';
import { findUplinks, uplinkItself, type Ways } from './uplinks.ts';
import { addGuest } from './values.ts';

/** @param guests the running guests, longest running first (the order matters for oversubscribed = "refuse" only) */
export function resolvePolicy(config: Config, guests: Guest[], host: Host, moment: Moment): Policy {
  const policy: Policy = { uplinks: [], unshaped: [], warnings: [] };
  const uplinks = new Map<string, UplinkPolicy>();
  const ways = new Map<string, Ways>();
  /** Keyed by uplink and name: guests of two drivers with the same name share a class. */
  const placed = new Map<string, GuestPolicy>();
  for (const guest of guests) {
    const sources = sourcesOf(config, guest, moment);
    policy.warnings.push(...metadataProblems(config, guest));
    if (!isListed(sources) && config.defaults.unlisted !== 'shape') {
      policy.unshaped.push(unlisted(guest, config.defaults.unlisted));
      continue;
    }
    const left: Left[] = unsuited(guest);
    let isPlaced = false;
    for (const nic of guest.nics) {
      const device = host.devices.get(nic.tap);
      const bridge = device?.master ?? nic.bridge ?? '';
      if (nic.bandwidth) policy.unshaped.push(contested(guest, nic.tap));
      if (!device) {
        const reason = 'there is no such device';
        policy.unshaped.push({ guest: guest.name, tap: nic.tap, reason, kind: 'unable' });
        continue;
      }
      const found = ways.get(bridge) ?? findUplinks(config, host, guests, bridge);
      if (!ways.has(bridge)) {
        policy.warnings.push(
          ...(found.odd ? [found.odd] : []),
          ...found.open.map((port) => openWay(bridge, port)),
        );
      }
      ways.set(bridge, found);
      left.push(...found.doubts.map((doubt) => ({ guest: guest.name, tap: nic.tap, ...doubt })));
      const itself = uplinkItself(found, nic.tap);
      if (itself) {
        policy.unshaped.push({ guest: guest.name, tap: nic.tap, ...itself }); // As configured, whatever its entry says.
        continue;
      }
      isPlaced ||= found.uplinks.length > 0;
      for (const [way, each] of found.uplinks.entries()) {
        const uplink = uplinks.get(each.name) ?? newUplink(host, each, moment, policy.warnings);
        uplinks.set(each.name, uplink);
        addPorts(uplink, each.ports);
        const tap = { name: nic.tap, bridge, way, ...(nic.mac ? { mac: nic.mac } : {}) };
        const key = `${each.name} ${guest.name}`;
        const known = placed.get(key);
        if (known) known.taps.push(tap);
        else placed.set(key, addGuest(uplink, guest.name, sources, tap, policy.warnings, macsOf(guest)));
      }
    }
    policy.unshaped.push(...left.map((one) => judged(one, isListed(sources), isPlaced)));
  }
  policy.uplinks = [...uplinks.values()].sort(byName);
  policy.warnings.push(...shapedTwice(policy.uplinks, host), ...lackingLeaves(policy.uplinks, host.kernel));
  for (const uplink of policy.uplinks) {
    const isOwn = (device: string) => isNearest(uplink, device, uplinks, host);
    uplink.ports = uplink.ports.filter(({ name }) => isOwn(name));
    uplink.routes = uplink.routes.filter(isOwn);
    uplink.groups.sort(byName);
    uplink.guests.sort(byName);
    uplink.ports.sort(byName);
    for (const guest of uplink.guests) guest.taps.sort(byName);
    if (config.defaults.oversubscribed === 'refuse') {
      const order = guests.map((guest) => guest.name);
      policy.unshaped.push(...refuseGuarantees(uplink, order));
    } else {
      policy.warnings.push(...scaleGuarantees(uplink));
    }
  }
  return policy;
}

/** @returns an empty list where the address of one NIC is not known: then any frame may be its own */
function macsOf({ nics }: Guest): string[] {
  const macs = nics.flatMap(({ mac }) => mac ?? []);
  return macs.length === nics.length ? macs : [];
}

function addPorts({ ports }: UplinkPolicy, more: Port[]): void {
  ports.push(...more.filter((port) => !ports.some(({ name }) => name === port.name)));
}

/** Whether this is the first uplink on the way of frames that leave by a device: a VLAN that is an uplink itself comes before its NIC. */
function isNearest(
  { name }: UplinkPolicy,
  device: string,
  uplinks: Map<string, UplinkPolicy>,
  { devices }: Host,
): boolean {
  return (stackOf(devices, device).find((one) => uplinks.has(one)) ?? name) === name;
}

function openWay(bridge: string, port: string): string {
  return (
    `${bridge} also leads out by ${label(port)}, which is no uplink in the configuration: what passes there is ` +
    `not shaped; write [${formatPath(['uplink', port])}] as well, or take it out of ${bridge}`
  );
}

/**
 * Only where one of the two is configured and the other detected: two detected ones are merged, and of two configured ones the
 * upper is refused.
 */
function shapedTwice(uplinks: UplinkPolicy[], { devices }: Host): string[] {
  const names = uplinks.map(({ name }) => name);
  return names.flatMap((name) =>
    stackOf(devices, name)
      .filter((below) => below !== name && names.includes(below))
      .map(
        (below) =>
          `${name} lies on ${below}, and both are uplinks: what passes ${name} is shaped once more on ${below}, ` +
          `as nobody's; configure [${formatPath(['uplink', below])}] alone`,
      ),
  );
}

type Left = Unshaped & Pick<Doubt, 'routed' | 'unrouted'>;

/**
 * A guest with an entry that takes effect on no uplink, or that host routing bypasses, is `unreachable`, which is a fault. A second
 * NIC on a bridge without an uplink is not.
 */
function judged(
  { guest, tap, uplink, reason, kind, routed, unrouted }: Left,
  hasEntry: boolean,
  isPlaced: boolean,
): Unshaped {
  const base = { guest, ...(tap === undefined ? {} : { tap }), ...(uplink ? { uplink } : {}), reason };
  const isWish = hasEntry && (routed || !isPlaced) && (kind === 'needless' || kind === 'unsuited');
  return isWish
    ? { ...base, kind: 'unreachable', remedy: routed ? routedRemedy : unreachableRemedy(unrouted) }
    : { ...base, kind };
}

const routedRemedy =
  'write routed = "libvirt" in [uplink.NAME], NAME being the device of the default route (ip route), or take its entry ' +
  'out of the configuration';
function unreachableRemedy(unrouted: Doubt['unrouted']): string {
  const routed = unrouted
    ? ` where the host routes for ${label(unrouted.bridge)}, write routed = [${basicString(unrouted.bridge)}] in [${formatPath(['uplink', unrouted.uplink])}],`
    : '';
  return `give it a NIC on a bridge with an uplink,${routed} or take its entry out of the configuration`;
}

function unsuited({ name, skipped = [] }: Guest): Unshaped[] {
  return skipped.map(({ nic, reason }) => ({ guest: name, tap: nic, reason, kind: 'unsuited' }));
}

/** libvirt's <bandwidth>: of both limits the lower one holds, and its ingress qdisc takes the place that our clsact needs. */
function contested({ name }: Guest, tap: string): Unshaped {
  const reason =
    "libvirt's own <bandwidth> limits it too; leave one of the two out: " +
    'virsh domiftune GUEST NIC --inbound 0 --outbound 0 --live --config';
  return { guest: name, tap, reason, kind: 'contested' };
}

function unlisted(guest: Guest, rule: 'ignore' | 'refuse'): Unshaped {
  return rule === 'ignore'
    ? { guest: guest.name, reason: 'it has no entry in the configuration', kind: 'unlisted' }
    : {
        guest: guest.name,
        reason: 'it has no entry in the configuration, and unlisted = "refuse" admits none without',
        kind: 'refused',
      };
}
