// The guests that run, by what was noted, libvirt's status files and the kernel, against those that the rules in force
// know. One that no load has seen runs without limit, whatever kept it from being seen.
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
  /** There after an unload. */
  unloaded: string;
}

export interface RunningGuests {
  /** Longest running first. */
  guests: Guest[];
  /** NICs that libvirt names and the kernel does not have: unplugged just now, or under another name. */
  missing: { guest: string; tap: string }[];
}

/** What cannot be read tells of nobody. */
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

/** Those that run and that the rules in force do not know, NIC by NIC, with what the configuration has for them. */
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
      // Without a configuration that can be used no sync does anything.
      const remedy = wished ? 'virt-shaper sync shapes it' : toApply;
      return [{ guest: name, tap, kind: 'unknown', reason, remedy }];
    }),
  );
  return [...strays, ...gone];
}

/** What the configuration as it is now leaves out; nothing where it cannot be read. */
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
