// Checks the configured uplinks against this host's devices. Only warnings: bridges and VLAN devices may come up later, and each
// guest that stays unshaped because of it is reported then.
import type { Config, UplinkEntry } from '../config/config.ts';
import { type Host, stackOf } from '../host/host.ts';
import type { Problem } from '../system/errors.ts';
import { label } from '../text/label.ts';
import { byPlace, formatPlace } from '../toml/place.ts';
import { formatPath } from '../toml/write.ts';
import { formatRate } from '../units/rate.ts';
import { directions } from '../units/units.ts';
import { missingRouted } from './doubts.ts';
import { portsOn } from './uplinks.ts';

/** Devices that do not exist are reported by config/check/host.ts. */
export function checkUplinks(config: Config, devices: Host['devices']): Problem[] {
  return config.uplinks
    .filter(({ name }) => devices.has(name))
    .flatMap((entry) => [
      ...checkPorts(entry, devices),
      ...checkTap(entry, config, devices),
      ...checkBelow(entry, config, devices),
    ])
    .concat(checkSpeeds(config, devices))
    .sort((a, b) => (a.at && b.at ? byPlace(a.at, b.at) : 0));
}

/** Warns of a ceil above the speed of the link: packets would then queue in the NIC, which knows no guarantees. */
export function checkSpeeds({ uplinks }: Config, devices: Host['devices']): Problem[] {
  return uplinks.flatMap(({ name, ceil }): Problem[] => {
    const speed = devices.get(name)?.speed;
    const most = directions
      .flatMap((direction) => ceil?.[direction] ?? [])
      .find(({ value }) => speed !== undefined && value > speed);
    if (!most?.at || speed === undefined) return [];
    const message = `${formatPath(['uplink', name, 'ceil'])}: ${formatRate(most.value)} is more than the link of ${name} has, ${formatRate(speed)}`;
    const hint = 'guarantees are kept up to what the link has: write that, or leave the ceil out';
    return [{ severity: 'warning', at: most.at, message, hint }];
  });
}

function checkPorts(entry: UplinkEntry, devices: Host['devices']): Problem[] {
  const { name, at, bridges, routed = [] } = entry;
  const path = ['uplink', name];
  const ports = portsOn(devices, name);
  if (!bridges && ports.length === 0 && routed.length === 0) {
    return [
      {
        severity: 'warning',
        at,
        message: `${formatPath(path)}: ${name} is no port of a bridge, and none lies on it: no guest is behind it`,
        hint: 'name the port of the bridge, or what that lies on; of a bond the bond itself, not its ports',
      },
    ];
  }
  const lacking = missingRouted(entry, devices).map(({ value: bridge, at: place = at }): Problem => {
    const message = `${formatPath([...path, 'routed'])}: there is no bridge ${label(bridge)} now`;
    return {
      severity: 'warning',
      at: place,
      message,
      hint: 'its guests are shaped as soon as it is there',
    };
  });
  const apart = (bridges ?? []).flatMap(({ value: bridge, at: place = at }): Problem[] => {
    if (!devices.has(bridge) || ports.some((port) => port.bridge === bridge)) return [];
    return [
      {
        severity: 'warning',
        at: place,
        message: `${formatPath([...path, 'bridge'])}: no port of ${bridge} is ${name} or lies on it`,
        hint: `guests of ${bridge} are not shaped until one is there`,
      },
    ];
  });
  return [...apart, ...lacking];
}

/**
 * A router may be a guest. Its tap is taken for what leads out by mistake only where a NIC is in the same bridge, and is no
 * uplink.
 */
function checkTap({ name, at }: UplinkEntry, { uplinks }: Config, devices: Host['devices']): Problem[] {
  const { tap, master } = devices.get(name) ?? {};
  if (!tap || master === undefined) return [];
  const isUplink = (port: string) => uplinks.some((one) => stackOf(devices, port).includes(one.name));
  const [nic] = [...devices].find(
    ([port, device]) => device.master === master && device.physical && !isUplink(port),
  ) ?? [undefined];
  if (nic === undefined) return [];
  return [
    {
      severity: 'warning',
      at,
      message: `${formatPath(['uplink', name])}: ${name} is the tap of a guest, which is not shaped there itself`,
      hint: `${label(nic)} in ${label(master)} leads out, too: name that instead, or as well where that guest leads the others out`,
    },
  ];
}

function checkBelow({ name, at }: UplinkEntry, { uplinks }: Config, devices: Host['devices']): Problem[] {
  const below = stackOf(devices, name).slice(1);
  return uplinks
    .filter((other) => below.includes(other.name))
    .map((other) => ({
      severity: 'warning',
      at,
      message:
        `${formatPath(['uplink', name])}: ${name} lies on ${other.name}, which is an uplink too ` +
        `(${formatPlace(other.at)}): what passes both would be shaped twice, so its guests are not shaped at all`,
      hint: `leave out one of the two; a ceil for the guests of ${name} alone is a group's`,
    }));
}
