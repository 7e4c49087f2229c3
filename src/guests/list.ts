// The list of running guests, longest running first; a guest is identified by driver and name. store/guests.ts keeps it in /run.
import type { Guest } from './guest.ts';

/** Identifies a guest: two drivers may each have one of the same name. */
export type GuestKey = Pick<Guest, 'driver' | 'name'>;

/**
 * Adds a guest that started or was found. It replaces one of its name, and takes its taps from any other guest: libvirt reuses
 * tap names, so that guest ended without a hook.
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
 * Removes a guest that ended, by name; or by uuid when it was renamed, provided that its taps are gone.
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

/** An index by driver and name: searching the list for each of a thousand guests would be quadratic. */
export class GuestIndex<T extends GuestKey> {
  private readonly guests: Map<string, T>;

  constructor(guests: T[]) {
    this.guests = new Map(guests.map((guest) => [GuestIndex.key(guest), guest]));
  }

  has(one: GuestKey): boolean {
    return this.guests.has(GuestIndex.key(one));
  }

  get(one: GuestKey): T | undefined {
    return this.guests.get(GuestIndex.key(one));
  }

  private static key({ driver, name }: GuestKey): string {
    return `${driver} ${name}`;
  }
}

export function isSame(a: GuestKey, b: GuestKey): boolean {
  return a.driver === b.driver && a.name === b.name;
}
