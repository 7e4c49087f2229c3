// What administrators have set for now (virt-shaper limit), until it ends or is lifted: in /var, since neither a reboot
// nor another configuration ends it. What has ended stays here for a while, since a clock may be wrong; nobody but
// virt-shaper limit writes the file, so a sync never waits for a disk because of it.
import { isInForce, type Moment, type Override } from '../policy/moment/moment.ts';
import { randomId } from '../system/digest.ts';
import { readCache, readIfThere, writeIfChanged, writeWhole } from '../system/files.ts';
import { isFolder } from '../system/folders.ts';
import { both, directions } from '../units/units.ts';
import { sinceBoot } from './pending.ts';

export interface StoredOverride extends Override {
  /** Whether `until` is no hour that was named but so long after `since`. */
  lasts?: boolean;
  /** Which boot it was set in, and how long after that: milliseconds (`sinceBoot`). */
  boot: { id: string; at: number };
}

interface Overrides {
  version: 1;
  overrides: StoredOverride[];
}

/** A clock that is set by less than this is a clock that goes right. Milliseconds. */
const tolerance = 60_000;
/** So long what has ended stays in the file, where the clock says so. */
const memory = 7 * 86_400_000;

/** The present moment; with words for what is lost where the file cannot be understood. */
export function readMoment(file: string, now = Date.now()): { moment: Moment; lost?: string } {
  const { overrides, lost } = readOverrideFile(file);
  const clock = overrides.length > 0 ? readClock(now) : undefined;
  const moment = { now, overrides: clock ? overrides.map((one) => withEnd(one, clock)) : [] };
  return { moment, ...(lost ? { lost } : {}) };
}

interface ReadOverrides {
  overrides: StoredOverride[];
  /** In words; absent when nothing is. */
  lost?: string;
  /** Whether what is there is not what we write. */
  isDamaged?: boolean;
}

/** A guest's start waits for nothing of this: what cannot be read is said. */
export function readOverrideFile(file: string): ReadOverrides {
  const meanwhile = 'what virt-shaper limit has set does not hold, and every guest has what is configured';
  try {
    const text = readIfThere(file);
    const overrides = text === undefined ? [] : decode(text);
    if (overrides) return { overrides };
  } catch (error) {
    if (!isFolder(file)) return { overrides: [], lost: `${(error as Error).message}: ${meanwhile}` };
  }
  const lost = `${file} is damaged or of another version: ${meanwhile}; what was there is kept beside it`;
  return { overrides: [], lost, isDamaged: true };
}

/** Once a damaged one is set aside it is not spoken of again. Call it under the lock. */
export function setDamagedAside(file: string): void {
  if (!readOverrideFile(file).isDamaged) return;
  if (!isFolder(file)) writeWhole(`${file}.damaged`, readCache(file) ?? '', 0o600);
  writeOverrides(file, []); // A folder is moved aside.
}

/** Call it under the lock. */
export function writeOverrides(file: string, overrides: StoredOverride[], now = Date.now()): void {
  const clock = readClock(now);
  const kept = overrides.filter((one) => isInForce(withEnd(one, clock), now - memory));
  const content: Overrides = { version: 1, overrides: kept };
  writeIfChanged(file, `${JSON.stringify(content, null, 1)}\n`, 0o600);
}

export interface Clock {
  /** Milliseconds since 1970, and since boot. */
  now: number;
  sinceBoot: number;
  /** Another at each boot. */
  boot: string;
}

export function readClock(now = Date.now()): Clock {
  const boot = readCache('/proc/sys/kernel/random/boot_id')?.trim() || randomId();
  return { now, sinceBoot: sinceBoot(), boot };
}

/**
 * With its end by the clock as it goes now. A clock that was set since ends nothing early: what shall last two hours lasts
 * two hours of the kernel's own count, which nobody sets, and what ends at an hour ends there, but not before as much
 * time has passed as there was until then. After a reboot nobody knows any more, and the clock counts.
 */
export function withEnd(stored: StoredOverride, clock: Clock): Override {
  const { lasts, boot, ...override } = stored;
  if (override.until === undefined || boot.id !== clock.boot) return override;
  const set = clock.now - override.since - (clock.sinceBoot - boot.at);
  const jump = Math.abs(set) < tolerance ? 0 : Math.round(set / 10_000) * 10_000;
  return { ...override, until: override.until + (lasts ? jump : Math.max(0, jump)) };
}

/** The one that is set last counts, for each value that it is about; what else was set for this subject stays. */
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
