// Devices that the configuration names and this host does not have. Only warnings: an uplink may appear later, and several
// hosts may share the files.
import type { Problem, Source } from '../../system/errors.ts';
import { byPlace } from '../../toml/place.ts';
import { formatPath } from '../../toml/write.ts';
import { nearest } from '../../units/nearest.ts';
import type { Config } from '../config.ts';

/** Warnings about uplinks and bridges that are not among the names of the host's network devices. */
export function checkHost(config: Config, deviceNames: Iterable<string>): Problem[] {
  const devices = [...deviceNames];
  return devicesIn(config)
    .filter(({ name }) => !devices.includes(name))
    .sort((a, b) => byPlace(a.at, b.at))
    .map(({ path, name, at }) => {
      const meant = nearest(name, devices);
      return {
        severity: 'warning',
        at,
        message:
          `${formatPath(path)}: this host has no network device ${name}` +
          (meant === undefined ? '' : ` (did you mean ${meant}?)`),
        hint: 'what is written for it takes effect when the device is there',
      };
    });
}

function devicesIn({ uplinks, groups, guests }: Config): { path: string[]; name: string; at: Source }[] {
  const onUplinks = [
    ...groups.map((group) => ({ path: ['group', group.name], on: group.on })),
    ...guests.map((guest) => ({ path: ['guest', guest.name], on: guest.on })),
  ].flatMap(({ path, on }) => [...on].map(([name, { at }]) => ({ path: [...path, 'on', name], name, at })));
  const named = uplinks.flatMap(({ name, at, bridges = [] }) => [
    { path: ['uplink', name], name, at },
    ...bridges.flatMap((bridge) =>
      bridge.at ? [{ path: ['uplink', name, 'bridge'], name: bridge.value, at: bridge.at }] : [],
    ),
  ]);
  return [...named, ...onUplinks];
}
