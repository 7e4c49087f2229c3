// Running guests and NICs that the rules in force do not shape, with the reason that holds now: that of the last load may be over, and
// of a guest that came since no load has seen anything. Pure.
import type { Guest } from '../guests/guest.ts';
import type { Policy, Unshaped } from '../policy/policy.ts';
import { guestsWithout, type InForce } from '../store/in-force-plan.ts';
import { describeMissing, findsAgain, repair } from './fault.ts';
import type { Stray } from './guests.ts';
import type { RunningGuests } from './read-running.ts';

/** The policy for the guests that run, on the host as it is. */
export interface PolicyNow {
  /** By the configuration in force or, where there is none, the saved one; absent where it has errors. */
  loaded?: Policy;
  /** By the saved configuration; absent where that is in force, or has errors. */
  saved?: Policy;
}

/** Kinds whose reason is the host's devices, which come and go. */
const byHost: string[] = ['unable', 'unreachable', 'needless'] satisfies Unshaped['kind'][];
/** Kinds of a guest that the configuration leaves out. */
const byConfiguration: string[] = ['unlisted', 'refused'] satisfies Unshaped['kind'][];

/** Whether the reason of a load may not hold any more. */
export function mayBeOver({ kind }: Unshaped, isSaved: boolean): boolean {
  return byHost.includes(kind) || (!isSaved && byConfiguration.includes(kind));
}

/**
 * @param unshaped the reasons of the last load
 * @param devices the names of the present devices
 * @returns `unshaped` as it is now, and `missed`: NICs whose reason is gone, so that the next sync shapes them
 */
export function renewReasons(
  unshaped: Unshaped[],
  { guests, missing }: RunningGuests,
  { loaded, saved }: PolicyNow,
  devices: Set<string>,
): { unshaped: Unshaped[]; missed: Stray[] } {
  const missed: Stray[] = [];
  const running = new Set(guests.flatMap(({ name, nics }) => nics.map(({ tap }) => `${tap} ${name}`)));
  const still = unshaped.flatMap((entry): Unshaped[] => {
    const { guest, tap, uplink } = entry;
    if (byConfiguration.includes(entry.kind)) return [waiting(entry, loaded, saved)];
    if (!byHost.includes(entry.kind) || tap === undefined || !loaded) return [entry];
    if (!devices.has(tap)) {
      const isListed = missing.some((one) => one.guest === guest && one.tap === tap);
      missed.push({ guest, tap, ...(isListed ? describeMissing(tap) : describeGone(tap)) });
      return [];
    }
    if (!running.has(`${tap} ${guest}`)) return [entry];
    const now = loaded.unshaped.filter(
      (one) => one.guest === guest && (one.tap ?? tap) === tap && one.kind !== 'contested',
    );
    const [same] = [...now.filter((one) => one.uplink === uplink), ...(uplink === undefined ? now : [])];
    if (same) return [{ ...same, tap }];
    missed.push({ guest, tap, ...describeMissed(tap, uplink) });
    return [];
  });
  return { unshaped: still, missed };
}

function describeGone(tap: string): Pick<Stray, 'kind' | 'reason' | 'remedy'> {
  return { kind: 'tap-gone', reason: `its tap ${tap} is gone`, remedy: findsAgain };
}

function describeMissed(tap: string, uplink: string | undefined): Pick<Stray, 'kind' | 'reason' | 'remedy'> {
  const what = uplink === undefined ? tap : `${tap} on ${uplink}`;
  const reason = `what kept the last load from shaping ${what} is gone: it has no limit there until the next sync`;
  return { kind: 'missed', reason, remedy: `${repair} shapes it` };
}

/** The same entry, or where only the saved configuration would shape its guest, that this is not in force. */
function waiting<Entry extends Unshaped>(
  entry: Entry,
  loaded: Policy | undefined,
  saved: Policy | undefined,
): Entry {
  const isLeftOut = (policy: Policy) =>
    policy.unshaped.some((one) => one.guest === entry.guest && byConfiguration.includes(one.kind)) &&
    !policy.uplinks.some(({ guests }) => guests.some(({ name }) => name === entry.guest));
  if (!loaded || !saved || !isLeftOut(loaded) || isLeftOut(saved)) return entry;
  const reason = 'it has no entry in the configuration in force; by the saved one it is to be shaped';
  return { ...entry, reason, remedy: 'virt-shaper apply puts the saved configuration in force' };
}

/**
 * @param isUnloaded whether an unload has taken all limits out
 * @returns the running NICs that the rules in force do not cover, with the policy for them
 */
export function findStrays(
  inForce: InForce,
  { guests, missing }: RunningGuests,
  { loaded, saved }: PolicyNow,
  isUnloaded: boolean,
): Stray[] {
  const gone = missing
    .filter(
      ({ guest, tap }) => findUnknown(inForce, [{ name: guest, driver: 'qemu', nics: [{ tap }] }]).length > 0,
    )
    .map(({ guest, tap }): Stray => ({ guest, tap, ...describeMissing(tap) }));
  const toApply = `${loaded ? '' : 'once there is a configuration without mistakes: '}virt-shaper apply`;
  const strays = findUnknown(inForce, guests).flatMap(({ name, nics }) =>
    nics.flatMap(({ tap }): Stray[] => {
      const policy = loaded?.unshaped.find(
        (one) => one.guest === name && (one.tap ?? tap) === tap && one.kind !== 'contested',
      );
      // Its start would have been shaped by the saved configuration.
      const isWaiting = policy !== undefined && waiting(policy, loaded, saved) !== policy;
      if (policy && !isWaiting) return [{ ...policy, tap }];
      if (isUnloaded) {
        const reason = 'virt-shaper unload has taken all limits out';
        return [{ guest: name, tap, kind: 'unloaded', reason, remedy: toApply }];
      }
      const only = isWaiting ? ', and only the saved configuration has an entry for it' : '';
      const reason = `it runs by ${tap}, and no load has seen that: it has no limit${only}`;
      // Without a valid configuration a sync does nothing.
      const remedy = isWaiting ? `${toApply} shapes it` : loaded ? `${repair} shapes it` : toApply;
      return [{ guest: name, tap, kind: 'unknown', reason, remedy }];
    }),
  );
  return [...strays, ...gone];
}

/** @returns the running guests that the rules in force do not cover, with those of their NICs that they do not */
export function findUnknown(inForce: InForce, guests: Guest[]): Guest[] {
  const isUnknown = (guest: Guest, tap: string) =>
    guestsWithout(inForce, [{ ...guest, nics: [{ tap }] }]).length > 0;
  return guestsWithout(inForce, guests).map((guest) => ({
    ...guest,
    nics: guest.nics.filter(({ tap }) => isUnknown(guest, tap)),
  }));
}
