// Whoever can write what virt-shaper reads as root rules the network of the host.
import { lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Whoever runs virt-shaper without being root may use files of his own; nobody else's.
 * @param shown the file's name, for people
 * @returns what is wrong with who can write it, and what to do
 */
export function whyUntrusted(stats: Stats, shown: string): { message: string; hint: string } | undefined {
  const others = otherWriters(stats);
  if (!others) return undefined;
  return {
    message: `${shown}: refused, because ${others}`,
    hint: `see who wrote it, then: chown root:root ${shown}; chmod go-w ${shown}`,
  };
}

/** @returns that others than root can write it, and why; nothing when they cannot */
export function otherWriters({ uid, gid, mode }: Stats): string | undefined {
  const owner = uid === 0 || uid === process.geteuid?.();
  const group = (mode & 0o020) === 0 || gid === 0 || gid === process.getegid?.();
  const others = (mode & 0o002) === 0;
  if (owner && group && others) return undefined;
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return `others than root can write it (owner ${uid}, group ${gid}, mode ${octal})`;
}

/**
 * Where somebody could put another file in the place of one of these: the files, every folder above them, and those of
 * whatever symlinks lead through.
 */
export function placesOf(files: string[]): Set<string> {
  const places = new Set<string>();
  for (const file of files) addPlaces(file, places);
  return places;
}

function addPlaces(path: string, places: Set<string>): void {
  if (places.has(path)) return;
  places.add(path);
  if (dirname(path) !== path) addPlaces(dirname(path), places);
  if (!lstatSync(path).isSymbolicLink()) return;
  // Where the link is found by its name may be elsewhere.
  addPlaces(join(realpathSync(dirname(path)), basename(path)), places);
  addPlaces(resolve(realpathSync(dirname(path)), readlinkSync(path)), places);
}
