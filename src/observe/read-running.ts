// The running guests, by the notes of the hook, libvirt's status files and the kernel.
import type { Driver, Guest } from '../guests/guest.ts';
import { reconcile } from '../guests/reconcile.ts';
import { readStatusFiles } from '../guests/status-files.ts';
import { deviceNames } from '../host/read-host.ts';
import { readGuests } from '../store/guests.ts';
import { isDamaged } from '../system/errors.ts';

export interface RunningPaths {
  guests: string;
  libvirtState: (driver: Driver) => string;
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
  const running = readStatusFiles(libvirtState, noted);
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
