// The words every stage shares. A rate is a whole number of bits per second, a size a whole number of
// bytes; "out" is what a guest sends, "in" what it receives.

export const directions = ['out', 'in'] as const;
export type Direction = (typeof directions)[number];

/** One value for each direction. */
export interface Both<T> {
  out: T;
  in: T;
}

export function both<T>(value: (direction: Direction) => T): Both<T> {
  return { out: value('out'), in: value('in') };
}

/** Compares by code point, so that output does not depend on the locale of the host. */
export function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** As byName, for what is called by its device. */
export function byDevice(a: { device: string }, b: { device: string }): number {
  return a.device < b.device ? -1 : a.device > b.device ? 1 : 0;
}

/**
 * Whether a name can be a network device's in a line of tc, ip and nft alike. The kernel allows more
 * (quotes, `;`, `*`); such a device is named to the user and left alone rather than quoted three ways.
 */
export function isDeviceName(name: string): boolean {
  return /^[A-Za-z0-9_.@+][A-Za-z0-9_.@+-]{0,14}$/.test(name) && name !== '.' && name !== '..';
}

/** The same for an altname, which stands in the configuration only: the kernel takes up to 127 characters. */
export function isDeviceOrAltname(name: string): boolean {
  return /^[A-Za-z0-9_.@+][A-Za-z0-9_.@+-]{0,126}$/.test(name) && name !== '.' && name !== '..';
}
