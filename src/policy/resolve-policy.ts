// Config + Guests + Host -> Policy: a table of contents. Which NIC is behind which uplink (uplinks.ts), what
// its guest gets there (values.ts), and whether all the guarantees can be kept (guarantees.ts).
import type { Config } from '../config/config.ts';
import type { Guest } from '../guests/guest.ts';
import type { Host } from '../host/host.ts';
import { byName } from '../units.ts';
import { refuseGuarantees, scaleGuarantees } from './guarantees.ts';
import { lackingLeaves } from './leaves.ts';
import { newUplink } from './link.ts';
import { isListed, metadataProblems, sourcesOf } from './origin.ts';
import type { Policy, Unshaped, UplinkPolicy } from './policy.ts';
import { findUplink } from './uplinks.ts';
import { addGuest } from './values.ts';

/** @param guests those now running, longest running first (which matters to oversubscribed = "refuse" only) */
export function resolvePolicy(config: Config, guests: Guest[], host: Host): Policy {
  const policy: Policy = { uplinks: [], unshaped: [], warnings: [] };
  const uplinks = new Map<string, UplinkPolicy>();
  for (const guest of guests) {
    const sources = sourcesOf(config, guest);
    policy.warnings.push(...metadataProblems(config, guest));
    if (!isListed(sources) && config.defaults.unlisted !== 'shape') {
      policy.unshaped.push(unlisted(guest, config.defaults.unlisted));
      continue;
    }
    policy.unshaped.push(...unsuited(guest));
    for (const nic of guest.nics) {
      const device = host.devices.get(nic.tap);
      const bridge = device?.master ?? nic.bridge;
      const found = device
        ? findUplink(config, host, guests, bridge)
        : ({ reason: 'there is no such device', kind: 'unable' } as const);
      if (nic.bandwidth) policy.unshaped.push(contested(guest, nic.tap));
      if ('reason' in found) {
        policy.unshaped.push({ guest: guest.name, tap: nic.tap, reason: found.reason, kind: found.kind });
        continue;
      }
      const uplink = uplinks.get(found.name) ?? newUplink(host, found, policy.warnings);
      uplinks.set(found.name, uplink);
      addGuest(uplink, guest.name, sources, [nic.tap], policy.warnings);
    }
  }
  policy.uplinks = [...uplinks.values()].sort(byName);
  policy.warnings.push(...lackingLeaves(policy.uplinks, host.kernel));
  for (const uplink of policy.uplinks) {
    uplink.groups.sort(byName);
    uplink.guests.sort(byName);
    for (const guest of uplink.guests) guest.taps.sort();
    if (config.defaults.oversubscribed === 'refuse') {
      const order = guests.map((guest) => guest.name);
      policy.unshaped.push(...refuseGuarantees(uplink, order));
    } else {
      policy.warnings.push(...scaleGuarantees(uplink));
    }
  }
  return policy;
}

function unsuited({ name, skipped = [] }: Guest): Unshaped[] {
  return skipped.map(({ nic, reason }) => ({ guest: name, tap: nic, reason, kind: 'unsuited' }));
}

/** Both limits hold, so the lower one does; and libvirt's ingress qdisc stands where ours has to. */
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
