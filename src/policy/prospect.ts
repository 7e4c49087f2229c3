// The prospective values of a guest that does not run, for each uplink of the configuration: the bridges of its NICs are not
// known yet, and the guarantees of other guests are left out.
import type { Config } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import { newUplink } from './link.ts';
import type { Moment } from './moment/moment.ts';
import { isListed, sourcesOf } from './origin.ts';
import type { Policy, UplinkPolicy } from './policy.ts';
import { portsOn } from './uplinks.ts';
import { addGuest } from './values.ts';

/** @param others the uplinks of the guests that run now */
export function prospectOf(
  config: Config,
  host: Host,
  moment: Moment,
  name: string,
  others: UplinkPolicy[],
): Policy {
  const policy: Policy = { uplinks: [], unshaped: [], warnings: [] };
  const sources = sourcesOf(config, { name }, moment);
  if (!isListed(sources) && config.defaults.unlisted !== 'shape') return policy;
  const names = new Set([
    ...config.uplinks.map((entry) => entry.name),
    ...others.map((uplink) => uplink.name),
    ...(sources.entry?.on.keys() ?? []),
  ]);
  policy.uplinks = [...names].sort().map((uplink) => {
    const entry = config.uplinks.find((one) => one.name === uplink);
    const ports = portsOn(host.devices, uplink);
    const place = { name: uplink, ports, ...(entry ? { entry } : {}) };
    const found = newUplink(host, place, moment, policy.warnings);
    addGuest(found, name, sources, undefined, policy.warnings);
    return found;
  });
  return policy;
}
