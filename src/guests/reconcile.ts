// What was noted of the guests against what libvirt says and the kernel has. Each of the three may lag behind
// the others for a moment, and a guest that runs must never lose its shaping by a doubt.

import type { Guest } from './guest.ts';
import { Known, withGuest } from './list.ts';
import type { Running } from './status-files.ts';

/**
 * @param noted longest running first
 * @param devices the network devices that there are
 * @returns the guests that run, longest running first
 */
export function reconcile(noted: Guest[], running: Running, devices: Set<string>): Guest[] {
  const there = running.guests.map((guest) => withTaps(guest, devices)).filter(hasNics);
  const seen = new Known(there);
  const mayRun = mayRunBy(running);
  let all = noted.filter((guest) => seen.has(guest) || (mayRun(guest) && hasTap(guest, devices)));
  let known = new Set(all);
  for (const guest of there) {
    if (known.has(guest)) continue; // As nearly all of them.
    all = withGuest(all, guest);
    known = new Set(all);
  }
  return all.filter(hasNics);
}

/**
 * libvirt writes the status file of a guest only once it runs, so one that has none may be about to. It takes
 * the file away only when the guest has ended.
 */
function mayRunBy({ drivers, unread }: Running): (guest: Guest) => boolean {
  const inDoubt = new Known(unread);
  return (guest) => guest.stamp === undefined || !drivers.includes(guest.driver) || inDoubt.has(guest);
}

/** The tap of a NIC that is unplugged goes before libvirt writes it down; a guest's go with its process. */
function withTaps(guest: Guest, devices: Set<string>): Guest {
  const nics = guest.nics.filter(({ tap }) => devices.has(tap));
  if (nics.length === guest.nics.length) return guest;
  const { stamp: _, ...rest } = guest; // The file is to be read again: its tap may come yet.
  return { ...rest, nics };
}

function hasTap({ nics }: Guest, devices: Set<string>): boolean {
  return nics.some(({ tap }) => devices.has(tap));
}

/** One whose NICs are all of kinds that are not shaped runs too; one that had taps and has none is gone. */
function hasNics({ nics, skipped }: Guest): boolean {
  return nics.length > 0 || skipped !== undefined;
}
