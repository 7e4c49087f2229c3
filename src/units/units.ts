// Definitions that all stages share. A rate is a whole number of bits per second, a size a whole number of bytes; "out" is
// what a guest sends, "in" what it receives.

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

/** As byName, for objects with a device in place of a name. */
export function byDevice(a: { device: string }, b: { device: string }): number {
  return a.device < b.device ? -1 : a.device > b.device ? 1 : 0;
}

/**
 * Whether a device's name can stand in lines of tc, ip and nft without quotes. The kernel allows more characters (quotes,
 * `;`, `*`), and each of the three tools quotes in another way; a device with such a name is reported and left alone.
 */
export function isDeviceName(name: string): boolean {
  return /^[A-Za-z0-9_.@+][A-Za-z0-9_.@+-]{0,14}$/.test(name) && name !== '.' && name !== '..';
}

/** As isDeviceName, or an altname, of up to 127 characters: only the configuration contains altnames, no line of a tool. */
export function isDeviceOrAltname(name: string): boolean {
  return /^[A-Za-z0-9_.@+][A-Za-z0-9_.@+-]{0,126}$/.test(name) && name !== '.' && name !== '..';
}
