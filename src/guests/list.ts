// The guests as a list, longest running first: found, added and taken out by driver and name. What is kept of it in
// /run is store/guests.ts.
import type { Guest } from './guest.ts';

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
