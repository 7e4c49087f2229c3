// The running guests, longest running first, as libvirt told the hook and as `sync` read them from libvirt. In /run, since a
// reboot ends the guests too. Written only under a lock of its own (operations/note-guests.ts).

import { drivers, type Guest } from '../guests/guest.ts';
import { Failure, isDamaged } from '../system/errors.ts';
import { readJson, writeIfChanged } from '../system/files.ts';

interface RunState {
  version: 2;
  guests: Guest[];
}

/** @throws Failure when it is damaged or of another version */
export function readGuests(file: string): Guest[] {
  const damaged = (message: string) =>
    new Failure(message, 'virt-shaper sync --in-force makes it anew', undefined, 'damaged');
  let guests: unknown[];
  try {
    guests = readJson<RunState>(file, { version: 2, guests: [] }).guests;
  } catch (error) {
    throw isDamaged(error) ? damaged((error as Failure).message) : error;
  }
  if (guests.every(isGuest)) return guests;
  throw damaged(`${file} is damaged: it has a guest that is none`);
}

/** Checks only the fields that other code relies on. */
function isGuest(value: unknown): value is Guest {
  const { name, driver, nics } = (value ?? {}) as Partial<Guest>;
  if (typeof name !== 'string' || !Array.isArray(nics)) return false;
  return drivers.some((known) => known === driver) && nics.every((nic) => typeof nic?.tap === 'string');
}

/** @returns whether the file has changed */
export function writeGuests(file: string, guests: Guest[]): boolean {
  const state: RunState = { version: 2, guests };
  return writeIfChanged(file, `${JSON.stringify(state, null, 1)}\n`, 0o600);
}
