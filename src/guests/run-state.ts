// The guests now running, longest running first, as the hook was told and `sync` has found: one file in /run,
// gone with a reboot like the guests. Changed under a lock of its own (commands/note-guests.ts).
import { Failure } from '../errors.ts';
import { readJson, writeIfChanged } from '../files.ts';
import { drivers, type Guest } from './guest.ts';

interface RunState {
  version: 2;
  guests: Guest[];
}

/** @throws Failure when it is damaged or of another version */
export function readGuests(file: string): Guest[] {
  const hint = 'virt-shaper sync makes it anew';
  let guests: unknown[];
  try {
    guests = readJson<RunState>(file, { version: 2, guests: [] }).guests;
  } catch (error) {
    const { message } = error as Failure;
    throw message.includes('damaged') ? new Failure(message, hint) : error;
  }
  if (guests.every(isGuest)) return guests;
  throw new Failure(`${file} is damaged: it has a guest that is none`, hint);
}

/** As far as anything depends on it. */
function isGuest(value: unknown): value is Guest {
  const { name, driver, nics } = (value ?? {}) as Partial<Guest>;
  if (typeof name !== 'string' || !Array.isArray(nics)) return false;
  return drivers.some((known) => known === driver) && nics.every((nic) => typeof nic?.tap === 'string');
}

/** @returns whether they are others than before */
export function writeGuests(file: string, guests: Guest[]): boolean {
  const state: RunState = { version: 2, guests };
  return writeIfChanged(file, `${JSON.stringify(state, null, 1)}\n`, 0o600);
}

/** Which guest a name means: two drivers may each have one that is called so. */
export type GuestKey = Pick<Guest, 'driver' | 'name'>;

/**
 * A guest that started, or was seen. One of that name loses its former taps, and a tap number that libvirt
 * gave out anew leaves the guest that had it and whose end was not told.
 */
export function withGuest(guests: Guest[], started: Guest): Guest[] {
  const taps = new Set(started.nics.map((nic) => nic.tap));
  const place = guests.findIndex((guest) => isSame(guest, started));
  const others = guests
    .filter((guest) => !isSame(guest, started))
    .map((guest) =>
      guest.nics.some((nic) => taps.has(nic.tap))
        ? { ...guest, nics: guest.nics.filter((nic) => !taps.has(nic.tap)) }
        : guest,
    );
  return place < 0 ? [...others, started] : [...others.slice(0, place), started, ...others.slice(place)];
}

export function withoutGuest(guests: Guest[], gone: GuestKey): Guest[] {
  return guests.filter((guest) => !isSame(guest, gone));
}

/**
 * A guest that ended, by its name, or by its uuid when it was noted by another: then it must have lost its taps.
 * @param isDevice whether there is a network device of that name
 */
export function withoutEnded(
  guests: Guest[],
  ended: GuestKey & { uuid?: string },
  isDevice: (name: string) => boolean,
): Guest[] {
  if (guests.some((guest) => isSame(guest, ended))) return withoutGuest(guests, ended);
  const { driver, uuid } = ended;
  return guests.filter(
    (guest) =>
      uuid === undefined ||
      guest.uuid !== uuid ||
      guest.driver !== driver ||
      guest.nics.some(({ tap }) => isDevice(tap)),
  );
}

/** Guests to be found by what they are called: for each of a thousand, a look through all of them takes long. */
export class Known<T extends GuestKey> {
  private readonly guests: Map<string, T>;

  constructor(guests: T[]) {
    this.guests = new Map(guests.map((guest) => [Known.key(guest), guest]));
  }

  has(one: GuestKey): boolean {
    return this.guests.has(Known.key(one));
  }

  get(one: GuestKey): T | undefined {
    return this.guests.get(Known.key(one));
  }

  private static key({ driver, name }: GuestKey): string {
    return `${driver} ${name}`;
  }
}

export function isSame(a: GuestKey, b: GuestKey): boolean {
  return a.driver === b.driver && a.name === b.name;
}
