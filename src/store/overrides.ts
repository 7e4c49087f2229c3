// Overrides: limits that administrators have set for a time (`virt-shaper limit`), until they expire or are lifted. In /var,
// since neither a reboot nor a new configuration ends them. Expired ones stay in the file for a week, since a clock may be
// wrong. Only `virt-shaper limit` writes the file, so that no sync waits for its fsync.
import { isInForce, type Moment, type Override } from '../policy/moment/moment.ts';
import { randomId } from '../system/digest.ts';
import { readCache, readIfThere, writeIfChanged, writeWhole } from '../system/files.ts';
import { isFolder } from '../system/folders.ts';
import { both, directions } from '../units/units.ts';
import { sinceBoot } from './pending.ts';

export interface StoredOverride extends Override {
  /** Whether the administrator gave a duration (`--for`), of which `until` is the end, and not a time (`--until`). */
  lasts?: boolean;
  /** The boot in which it was set, and the milliseconds since that boot (`sinceBoot`). */
  boot: { id: string; at: number };
}

interface Overrides {
  version: 1;
  overrides: StoredOverride[];
}

/** Milliseconds. A clock that was set by less was only corrected, and counts as right. */
const tolerance = 60_000;
/** Milliseconds for which an expired override stays in the file. */
const memory = 7 * 86_400_000;

/** @returns the present moment, with a sentence about what is lost where the file is damaged */
export function readMoment(file: string, now = Date.now()): { moment: Moment; lost?: string } {
  const { overrides, lost } = readOverrideFile(file);
  const clock = overrides.length > 0 ? readClock(now) : undefined;
  const moment = { now, overrides: clock ? overrides.map((one) => withEnd(one, clock)) : [] };
  return { moment, ...(lost ? { lost } : {}) };
}

interface ReadOverrides {
  overrides: StoredOverride[];
  /** A sentence for people; absent when nothing is lost. */
  lost?: string;
  /** Whether the file's content is damaged or of another version. */
  isDamaged?: boolean;
}

/** Never throws, since a guest's start must not fail because of this file: `lost` says what could not be read. */
export function readOverrideFile(file: string): ReadOverrides {
  const meanwhile =
    'from the next load on every guest has what is configured, whatever virt-shaper limit has set';
  try {
    const text = readIfThere(file);
    const overrides = text === undefined ? [] : decode(text);
    if (overrides) return { overrides };
  } catch (error) {
    if (!isFolder(file)) return { overrides: [], lost: `${(error as Error).message}: ${meanwhile}` };
  }
  const lost = `${file} is damaged or of another version: ${meanwhile}; what is there is kept beside it then`;
  return { overrides: [], lost, isDamaged: true };
}

/** Copies a damaged file to `FILE.damaged` and empties it, so that no later call warns of it. Call it under the lock. */
export function setDamagedAside(file: string): void {
  if (!readOverrideFile(file).isDamaged) return;
  if (!isFolder(file)) writeWhole(`${file}.damaged`, readCache(file) ?? '', 0o600);
  writeOverrides(file, []); // Moves a folder aside that is in the file's place.
}

/** Call it under the lock. */
export function writeOverrides(file: string, overrides: StoredOverride[], now = Date.now()): void {
  const clock = readClock(now);
  const kept = overrides.filter((one) => isInForce(withEnd(one, clock), now - memory));
  const content: Overrides = { version: 1, overrides: kept };
  writeIfChanged(file, `${JSON.stringify(content, null, 1)}\n`, 0o600);
}

export interface Clock {
  /** Milliseconds since 1970; `sinceBoot` counts from the boot. */
  now: number;
  sinceBoot: number;
  /** The kernel's id of this boot. */
  boot: string;
}

export function readClock(now = Date.now()): Clock {
  const boot = readCache('/proc/sys/kernel/random/boot_id')?.trim() || randomId();
  return { now, sinceBoot: sinceBoot(), boot };
}

/**
 * @returns the override, its end corrected for changes of the clock since it was set: no such change may end it early. A
 *   duration is counted by the kernel's clock since boot, which nobody sets. A time of day stays that time, but is not over
 *   before as much time has passed since boot as it was away. After a reboot the jump is unknown, and `until` stands.
 */
export function withEnd(stored: StoredOverride, clock: Clock): Override {
  const { lasts, boot, ...override } = stored;
  if (override.until === undefined || boot.id !== clock.boot) return override;
  const set = clock.now - override.since - (clock.sinceBoot - boot.at);
  const jump = Math.abs(set) < tolerance ? 0 : Math.round(set / 10_000) * 10_000;
  return { ...override, until: override.until + (lasts ? jump : Math.max(0, jump)) };
}

/** Adds an override. It replaces the values that earlier ones set for the same subject; their other values stay. */
export function withOverride(overrides: StoredOverride[], next: StoredOverride): StoredOverride[] {
  const isSubject = ({ kind, name }: Override) => kind === next.kind && name === next.name;
  const rest = overrides.flatMap((one): StoredOverride[] => {
    if (!isSubject(one)) return [one];
    const { rate, ceil, ...what } = one;
    const left = {
      ...valuesOf('rate', without(rate, next.rate)),
      ...valuesOf('ceil', without(ceil, next.ceil)),
    };
    return Object.keys(left).length > 0 ? [{ ...what, ...left }] : [];
  });
  return [...rest, next];
}

type Values = Override['ceil'];

function without(values: Values, taken: Values): Values {
  const left = directions.flatMap((direction) => {
    const value = taken?.[direction] === undefined ? values?.[direction] : undefined;
    return value === undefined ? [] : [[direction, value] as const];
  });
  return Object.fromEntries(left);
}

function valuesOf(key: 'rate' | 'ceil', values: Values): Pick<Override, 'rate' | 'ceil'> {
  return values && Object.keys(values).length > 0 ? { [key]: values } : {};
}

function decode(text: string): StoredOverride[] | undefined {
  try {
    const { version, overrides }: Overrides = JSON.parse(text);
    return version === 1 && Array.isArray(overrides) && overrides.every(isOverride) ? overrides : undefined;
  } catch {
    return undefined;
  }
}

function isOverride(value: StoredOverride): boolean {
  const { kind, name, rate, ceil, since, until, by, why, boot } = value;
  const isRate = (one: unknown) => one === undefined || (Number.isSafeInteger(one) && Number(one) >= 8);
  const areRates = (of: Values) =>
    of === undefined || Object.values(both((way) => isRate(of[way]))).every(Boolean);
  return (
    ['guest', 'group', 'unmarked'].includes(kind) &&
    [name, by, boot.id, why ?? ''].every((one) => typeof one === 'string') &&
    [since, boot.at, until ?? 0].every(Number.isFinite) &&
    areRates(rate) &&
    areRates(ceil)
  );
}
