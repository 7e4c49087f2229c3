// What a guest gets on one uplink. Each value is looked for in the same order: the entry's values for that
// uplink, the entry, the defaults; then bounded by the group and the link, since a ceiling below holds anyway.
import type { Config, GuestEntry, GuestValues, UplinkEntry } from '../config/config.ts';
import { formatRate } from '../config/rate.ts';
import type { Host } from '../host/host.ts';
import { type Both, both } from '../units.ts';
import type { ClassPolicy, Guarantee, Tuning, UplinkPolicy } from './policy.ts';

/** Bits per second taken for a link whose speed neither the configuration nor the kernel knows. */
const assumedSpeed = 10_000_000_000;

export function newUplink(
  host: Host,
  { name, entry }: { name: string; entry?: UplinkEntry },
  bridge: string,
  warnings: string[],
): UplinkPolicy {
  const speed = host.devices.get(name)?.speed;
  if (!entry?.ceil && speed === undefined) {
    warnings.push(
      `the kernel does not know the speed of ${name}: ${formatRate(assumedSpeed)} is assumed; ` +
        `set [uplink.${name}] ceil so that guarantees hold when the link is full`,
    );
  }
  const link = both((direction) => entry?.ceil?.[direction].value ?? speed ?? assumedSpeed);
  return {
    name,
    bridge,
    link,
    tuning: tuningOf(entry),
    unmarked: unmarkedClass(entry, link),
    ...(entry?.unmarked.id ? { unmarkedId: entry.unmarked.id.value } : {}),
    groups: [],
    guests: [],
  };
}

export function addGuest(
  config: Config,
  uplink: UplinkPolicy,
  name: string,
  entry: GuestEntry | undefined,
  tap: string,
): void {
  const known = uplink.guests.find((guest) => guest.name === name);
  if (known) {
    known.taps.push(tap);
    return;
  }
  const here: GuestValues = { ...entry, ...entry?.on.get(uplink.name) };
  const group = here.group ? groupOn(config, uplink, here.group.value) : undefined;
  const ceil = both((direction) =>
    Math.min(
      (here.ceil ?? config.defaults.ceil)[direction].value,
      group?.ceil[direction] ?? uplink.link[direction],
      uplink.link[direction],
    ),
  );
  const rate = both((direction) => {
    // A guarantee somebody wrote stands as written, to be scaled and said; an inherited one fits in quietly.
    const written = here.rate?.[direction];
    const configured = written?.at
      ? written.value
      : Math.min((here.rate ?? config.defaults.rate)[direction].value, ceil[direction]);
    return { configured, effective: Math.min(configured, ceil[direction]) };
  });
  uplink.guests.push({
    name,
    ...(group ? { group: group.name } : {}),
    taps: [tap],
    ...(entry ? { at: entry.at } : {}),
    rate,
    ceil,
    tuning: tuningOf(here),
  });
}

function groupOn(config: Config, uplink: UplinkPolicy, name: string): ClassPolicy {
  const known = uplink.groups.find((group) => group.name === name);
  if (known) return known;
  const entry = config.groups.find((group) => group.name === name);
  const here = { ...entry, ...entry?.on.get(uplink.name) };
  const group: ClassPolicy = {
    name,
    rate: both(() => ({ configured: 0, effective: 0 })),
    ceil: both((direction) =>
      Math.min(here.ceil?.[direction].value ?? uplink.link[direction], uplink.link[direction]),
    ),
    tuning: tuningOf(here),
  };
  uplink.groups.push(group);
  return group;
}

/**
 * What no guest owns (the host itself, its management) always keeps something: unless configured, 1 % of
 * the link, at least 1 mbit of it, at most a tenth.
 */
function unmarkedClass(entry: UplinkEntry | undefined, link: Both<number>): ClassPolicy {
  const ceil = both((direction) =>
    Math.min(entry?.unmarked.ceil?.[direction].value ?? link[direction], link[direction]),
  );
  const rate = both((direction): Guarantee => {
    const share = Math.min(Math.max(link[direction] / 100, 1_000_000), link[direction] / 10);
    const configured = entry?.unmarked.rate?.[direction].value ?? Math.max(8, Math.floor(share / 8) * 8);
    return { configured, effective: Math.min(configured, ceil[direction]) };
  });
  return { name: 'unmarked', rate, ceil, tuning: tuningOf(entry?.unmarked) };
}

function tuningOf(settings: Tuning | undefined): Tuning {
  return {
    ...(settings?.burst ? { burst: settings.burst } : {}),
    ...(settings?.cburst ? { cburst: settings.cburst } : {}),
    ...(settings?.quantum ? { quantum: settings.quantum } : {}),
  };
}
