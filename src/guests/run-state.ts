// The guests now running, longest running first, as the hook was told: one file in /run, gone with a reboot
// like the guests. Read and written under the lock only.
import { readJson, writeIfChanged } from '../files.ts';
import type { Guest } from './guest.ts';

interface RunState {
  version: 1;
  guests: Guest[];
}

export function readGuests(file: string): Guest[] {
  return readJson<RunState>(file, { version: 1, guests: [] }).guests;
}

export function writeGuests(file: string, guests: Guest[]): void {
  const state: RunState = { version: 1, guests };
  writeIfChanged(file, `${JSON.stringify(state, null, 1)}\n`, 0o600);
}

/**
 * A guest that started. One of that name loses its former taps, and a tap number that libvirt gave out anew
 * leaves the guest that had it and whose end was not told.
 */
export function withGuest(guests: Guest[], started: Guest): Guest[] {
  const taps = new Set(started.nics.map((nic) => nic.tap));
  const others = guests
    .filter((guest) => guest.name !== started.name)
    .map((guest) => ({ ...guest, nics: guest.nics.filter((nic) => !taps.has(nic.tap)) }));
  const place = guests.findIndex((guest) => guest.name === started.name);
  return place < 0 ? [...others, started] : [...others.slice(0, place), started, ...others.slice(place)];
}

export function withoutGuest(guests: Guest[], name: string): Guest[] {
  return guests.filter((guest) => guest.name !== name);
}
