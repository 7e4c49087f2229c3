// The running guests, by the notes of the hook, libvirt's status files and the kernel, compared with those that the rules in force cover. A
// guest that no load has covered runs without limit, whatever the cause.
import { readConfig } from '../config/read-config.ts';
import type { ConfigLocation } from '../config/read-files.ts';
import type { Driver, Guest } from '../guests/guest.ts';
import { reconcile } from '../guests/reconcile.ts';
import { readRunning } from '../guests/status-files.ts';
import { readNetworks } from '../host/networks.ts';
import { deviceNames, readDevices } from '../host/read-host.ts';
import { everyday } from '../policy/moment/moment.ts';
import type { Unshaped } from '../policy/policy.ts';
import { resolvePolicy } from '../policy/resolve-policy.ts';
import { readGuests } from '../store/guests.ts';
import { guestsWithout, type InForce } from '../store/in-force-plan.ts';
import { isDamaged } from '../system/errors.ts';
import { isThere } from '../system/files.ts';
import { describeMissing } from './fault.ts';
import type { Stray } from './guests.ts';

export interface RunningPaths {
  config: ConfigLocation;
  guests: string;
  libvirtState: (driver: Driver) => string;
  libvirtNetworks: string;
  /** The file that exists after an unload. */
  unloaded: string;
}

export interface RunningGuests {
  /** Longest running first. */
  guests: Guest[];
  /** NICs that libvirt lists and the kernel does not have: just unplugged, or renamed. */
  missing: { guest: string; tap: string }[];
}

/** Unreadable sources count as empty. */
export function readRunningGuests({ guests, libvirtState }: RunningPaths): RunningGuests {
  const noted = readNoted(guests);
  const running = readRunning(libvirtState, noted);
  const names = new Set(deviceNames());
  return {
    guests: reconcile(noted, running, names),
    missing: running.guests.flatMap(({ name, nics }) =>
      nics.filter(({ tap }) => !names.has(tap)).map(({ tap }) => ({ guest: name, tap })),
    ),
  };
}

function readNoted(file: string): Guest[] {
  try {
    return readGuests(file);
  } catch (error) {
    if (isDamaged(error)) return [];
    throw error;
  }
}

/** @returns the running NICs that the rules in force do not cover, with the policy for them by the present configuration */
export function findStrays(
  inForce: InForce,
  { guests, missing }: RunningGuests,
  paths: RunningPaths,
): Stray[] {
  const gone = missing
    .filter(
      ({ guest, tap }) =>
        guestsWithout(inForce, [{ name: guest, driver: 'qemu', nics: [{ tap }] }]).length > 0,
    )
    .map(({ guest, tap }): Stray => ({ guest, tap, ...describeMissing(tap) }));
  const unknown = guestsWithout(inForce, guests).map((guest) => ({
    ...guest,
    nics: guest.nics.filter(({ tap }) => guestsWithout(inForce, [{ ...guest, nics: [{ tap }] }]).length > 0),
  }));
  if (unknown.length === 0) return gone;
  const unloaded = isThere(paths.unloaded);
  const wished = leftOut(unknown, paths);
  const strays = unknown.flatMap(({ name, nics }) =>
    nics.flatMap(({ tap }): Stray[] => {
      const policy = wished?.find((one) => one.guest === name && (one.tap ?? tap) === tap);
      if (policy) return [{ ...policy, tap }];
      const toApply = `${wished ? '' : 'once there is a configuration without mistakes: '}virt-shaper apply`;
      if (unloaded) {
        const reason = 'virt-shaper unload has taken all limits out';
        return [{ guest: name, tap, kind: 'unloaded', reason, remedy: toApply }];
      }
      const reason = `it runs by ${tap}, and no load has seen that: it has no limit`;
      // Without a valid configuration a sync does nothing.
      const remedy = wished ? 'virt-shaper sync shapes it' : toApply;
      return [{ guest: name, tap, kind: 'unknown', reason, remedy }];
    }),
  );
  return [...strays, ...gone];
}

/** The guests that the present configuration leaves out; nothing where it is invalid. */
function leftOut(guests: Guest[], { config, libvirtNetworks }: RunningPaths): Unshaped[] | undefined {
  try {
    const networks = readNetworks(libvirtNetworks);
    const host = { devices: readDevices(), networks, kernel: { leaf: 'bfifo', redirect: 'bpf' } } as const;
    const { unshaped } = resolvePolicy(readConfig(config).config, guests, host, everyday);
    return unshaped.filter(({ kind }) => kind !== 'contested');
  } catch {
    return undefined;
  }
}
