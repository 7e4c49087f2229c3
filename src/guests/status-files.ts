// The running guests by libvirt's status files, one each in /run/libvirt/DRIVER, replaced atomically whenever a guest changes.
// Asking libvirt itself would deadlock inside a hook. Only a changed file is parsed, so a thousand unchanged guests cost a
// thousand stats.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseStatus } from './domain-xml.ts';
import { type Driver, drivers, type Guest } from './guest.ts';
import { GuestIndex } from './list.ts';

export interface Running {
  guests: Guest[];
  /** Guests with a file that could not be parsed: they stay as they were noted. */
  unread: { driver: Driver; name: string; reason: string }[];
  /** Drivers with a folder of status files; a guest of theirs without one is not running. */
  drivers: Driver[];
}

/**
 * @param folderOf /run/libvirt/DRIVER
 * @param noted the guests as noted last
 */
export function readStatusFiles(folderOf: (driver: Driver) => string, noted: Guest[]): Running {
  const known = new GuestIndex(noted);
  const running: Running = { guests: [], unread: [], drivers: [] };
  for (const driver of drivers) {
    const names = statusFiles(folderOf(driver));
    if (!names) continue;
    running.drivers.push(driver);
    for (const name of names) {
      const file = join(folderOf(driver), `${name}.xml`);
      try {
        const guest = readStatus(file, name, driver, known);
        if (guest) running.guests.push(guest);
      } catch (error) {
        running.unread.push({ driver, name, reason: (error as Error).message });
      }
    }
  }
  return running;
}

/** The folders' times: libvirt renames each new file into place, so they change whenever a guest comes, goes or changes. */
export function runningStamp(folderOf: (driver: Driver) => string): string {
  const times = drivers.map((driver) => {
    try {
      return statSync(folderOf(driver), { bigint: true }).mtimeNs;
    } catch {
      return '';
    }
  });
  return times.join(' ');
}

function statusFiles(folder: string): string[] | undefined {
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith('.xml'));
    return files.map((name) => name.slice(0, -'.xml'.length)).sort();
  } catch {
    return undefined; // No such driver on this host.
  }
}

/** @returns nothing for a file that has just gone */
function readStatus(file: string, name: string, driver: Driver, known: GuestIndex<Guest>): Guest | undefined {
  try {
    const { ino, mtimeNs, size } = statSync(file, { bigint: true });
    const stamp = `${ino} ${mtimeNs} ${size}`;
    const former = known.get({ driver, name });
    if (former?.stamp === stamp) return former;
    return { ...parseStatus(readFileSync(file, 'utf8'), name, driver), stamp };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
