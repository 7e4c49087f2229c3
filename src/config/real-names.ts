// Replaces altnames: a configuration may name a NIC by any of them, the policy uses the kernel's primary name only.
import type { Problem, Source } from '../system/errors.ts';
import { formatPlace } from '../toml/place.ts';
import { formatPath } from '../toml/write.ts';
import { byName } from '../units/units.ts';
import type { Config, Setting } from './config.ts';

/** The distinct names of network devices in the configuration. */
export function deviceNamesIn({ uplinks, groups, guests }: Config): string[] {
  return [
    ...new Set([
      ...uplinks.flatMap(({ name, bridges = [] }) => [name, ...bridges.map(({ value }) => value)]),
      ...[...groups, ...guests].flatMap(({ on }) => [...on.keys()]),
    ]),
  ];
}

/**
 * @param altnames altname -> the device's name
 * @returns the configuration, with a warning for each entry whose device has another entry already
 */
export function withRealNames(
  config: Config,
  altnames: ReadonlyMap<string, string>,
): { config: Config; warnings: Problem[] } {
  const warnings: Problem[] = [];
  if (altnames.size === 0) return { config, warnings };
  const real = (name: string) => altnames.get(name) ?? name;
  const twice = (path: string[], at: Source, name: string, other: Source) =>
    warnings.push({
      severity: 'warning',
      at,
      message: `${formatPath(path)}: this is another name of ${name}, which has an entry already (${formatPlace(other)}): it is left out`,
      hint: 'put both parts under one name',
    });
  const renamed = <T extends { at: Source }>(path: string[], on: Map<string, T>): Map<string, T> => {
    const result = new Map<string, T>();
    for (const [name, values] of ownFirst([...on], ([own]) => altnames.has(own))) {
      const other = result.get(real(name));
      if (other) twice([...path, 'on', name], values.at, real(name), other.at);
      else result.set(real(name), values);
    }
    return result;
  };
  const uplinks = new Map<string, Config['uplinks'][number]>();
  for (const entry of ownFirst(config.uplinks, ({ name }) => altnames.has(name))) {
    const name = real(entry.name);
    const other = uplinks.get(name);
    if (other) twice(['uplink', entry.name], entry.at, name, other.at);
    else uplinks.set(name, { ...entry, name, ...bridgesOf(entry, real) });
  }
  const inGroup = config.groups.map((one) => ({ ...one, on: renamed(['group', one.name], one.on) }));
  const inGuest = config.guests.map((one) => ({ ...one, on: renamed(['guest', one.name], one.on) }));
  return {
    config: { ...config, uplinks: [...uplinks.values()].sort(byName), groups: inGroup, guests: inGuest },
    warnings,
  };
}

function bridgesOf({ bridges }: { bridges?: Setting<string>[] }, real: (name: string) => string) {
  return bridges ? { bridges: bridges.map((one) => ({ ...one, value: real(one.value) })) } : {};
}

function ownFirst<T>(list: T[], isOther: (one: T) => boolean): T[] {
  return [...list.filter((one) => !isOther(one)), ...list.filter(isOther)];
}
