// virt-shaper sync: finds the running guests anew, by libvirt's status files and the kernel, renders and loads.
// It finds NICs plugged into running guests, guests that ran before there was a hook, and leftovers. Where
// nothing differs, nothing is written but the time of the sync.
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere, touch } from '../files.ts';
import type { Guest } from '../guests/guest.ts';
import { runningStamp } from '../guests/status-files.ts';
import { label } from '../label.ts';
import { readCompanions, sourceFile } from '../load/good.ts';
import { Occupied, withLock } from '../load/lock.ts';
import { type Context, seconds } from './context.ts';
import { generateNow, sayPolicy } from './generate-now.ts';
import { loadNow } from './load.ts';
import { findGuests, type Noted } from './note-guests.ts';
import { writeRules } from './render.ts';
import { underLock } from './under-lock.ts';

export interface SyncOptions {
  /** Seconds, as text of the command line. */
  settle?: string;
  /** By the configuration that was loaded last, not by the present one. */
  inForce?: boolean;
}

/** How often a sync begins anew because libvirt has changed something meanwhile; another one follows anyway. */
const rounds = 3;

export async function syncCommand(context: Context, options: SyncOptions): Promise<number> {
  if (options.settle !== undefined && !(await settle(context, seconds('--settle', options.settle)))) {
    context.detail('another sync is about to begin, and will see what this one would');
    return 0;
  }
  for (let round = 1; round <= rounds; round += 1) {
    const before = runningStamp(context.paths.libvirtState);
    await syncOnce(context, options.inForce === true);
    if (runningStamp(context.paths.libvirtState) === before) break;
  }
  touch(context.paths.lastSync);
  return 0;
}

/**
 * One change of a guest comes as many events, and each of them may start a sync: the first waits, all others
 * leave it to that one.
 * @returns whether this is the one
 */
async function settle(context: Context, time: number): Promise<boolean> {
  try {
    const lock = { file: context.paths.syncLock, patience: 0, waiting: () => {} };
    await withLock(lock, () => sleep(time * 1000));
    return true;
  } catch (error) {
    if (error instanceof Occupied) return false;
    throw error;
  }
}

async function syncOnce(context: Context, inForce: boolean): Promise<void> {
  await underLock(context, async (site) => {
    if (inForce && readIfThere(context.paths.unloaded) !== undefined) return; // Somebody wants nothing in force.
    const noted = await findGuests(context);
    sayFound(context, noted);
    const outputs = await generateNow(context, inForce ? 'in force' : 'present');
    const folder = inForce && isRenderedAhead(context) ? context.paths.syncRules : context.paths.rules;
    const written = writeRules(context, outputs, folder);
    const loaded = await loadNow({ ...context, say: context.detail }, site, folder);
    if (loaded) context.say(`loaded ${folder}`);
    else if (!inForce) context.say('nothing to do: the kernel holds what the running guests need');
    // Every minute the same warning would be heard by nobody.
    const changed = noted.changed || written || loaded;
    sayPolicy(changed ? context : { ...context, say: context.detail, warn: context.detail }, outputs);
  });
}

/** What somebody has rendered and not loaded yet is his to load: he may want it confirmed, or only to read it. */
function isRenderedAhead({ paths }: Context): boolean {
  const inForce = readCompanions(`${paths.rules}/good`).get(sourceFile);
  return inForce !== undefined && readCompanions(paths.rules).get(sourceFile) !== inForce;
}

function sayFound(context: Context, { before, after }: Noted): void {
  const names = (guests: Guest[]) => guests.map(({ name }) => label(name)).join(', ');
  const isIn = (list: Guest[]) => (one: Guest) =>
    list.some(({ driver, name }) => driver === one.driver && name === one.name);
  const came = after.filter((guest) => !isIn(before)(guest));
  const gone = before.filter((guest) => !isIn(after)(guest));
  if (came.length > 0) context.say(`found running: ${names(came)}`);
  if (gone.length > 0) context.say(`no longer running: ${names(gone)}`);
}
