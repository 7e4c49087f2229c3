// Reconciles the noted guests with libvirt's status files and the kernel's taps. Each of the three may lag behind the others for a
// moment, so in doubt a guest counts as running, and stays shaped.

import type { Guest } from './guest.ts';
import { GuestIndex, withGuest } from './list.ts';
import type { Running } from './status-files.ts';

/**
 * @param noted longest running first
 * @param devices names of the present network devices
 * @returns the guests that run, longest running first
 */
export function reconcile(noted: Guest[], running: Running, devices: Set<string>): Guest[] {
  const there = running.guests.map((guest) => withTaps(guest, devices)).filter(hasNics);
  const seen = new GuestIndex(there);
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
 * libvirt writes a guest's status file once it runs, so a guest without one may be starting. libvirt removes the file only when
 * the guest has ended.
 */
function mayRunBy({ drivers, unread }: Running): (guest: Guest) => boolean {
  const inDoubt = new GuestIndex(unread);
  return (guest) => guest.stamp === undefined || !drivers.includes(guest.driver) || inDoubt.has(guest);
}

/** The tap of an unplugged NIC is gone before libvirt updates the file; a guest's taps are gone with its process. */
function withTaps(guest: Guest, devices: Set<string>): Guest {
  const nics = guest.nics.filter(({ tap }) => devices.has(tap));
  if (nics.length === guest.nics.length) return guest;
  const { stamp: _, ...rest } = guest; // The file is to be read again: its tap may come yet.
  return { ...rest, nics };
}

function hasTap({ nics }: Guest, devices: Set<string>): boolean {
  return nics.some(({ tap }) => devices.has(tap));
}

/** A guest without any NIC to shape counts as running; one that has lost all its taps has ended. */
function hasNics({ nics, skipped }: Guest): boolean {
  return nics.length > 0 || skipped !== undefined;
}
