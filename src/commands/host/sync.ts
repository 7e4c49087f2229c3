// virt-shaper sync: finds the running guests anew, by libvirt's status files and the kernel, renders and loads.
// It finds NICs plugged into running guests, guests that ran before there was a hook, and leftovers. Where
// nothing differs, nothing is written but the time of the sync.
import { setTimeout as sleep } from 'node:timers/promises';
import { runningStamp } from '../../guests/status-files.ts';
import type { Site } from '../../load/context.ts';
import { readAhead } from '../../load/prefetch.ts';
import { type Context, seconds } from '../../operations/context.ts';
import { countingFailures } from '../../operations/failures.ts';
import { folderFor, type Generated, generateNow } from '../../operations/generate.ts';
import { loadNow } from '../../operations/load-now.ts';
import { lookAgain } from '../../operations/moment/look-again.ts';
import { findGuests, sayFound } from '../../operations/note-guests.ts';
import { tell } from '../../operations/say/changes.ts';
import { sayPolicy } from '../../operations/say/policy.ts';
import { takeBack } from '../../operations/take-back.ts';
import { underLock } from '../../operations/under-lock.ts';
import { countNow, type Usage } from '../../operations/usage/count.ts';
import { writeRulesAnywhere } from '../../operations/write-rules.ts';
import { noteLoad } from '../../store/history.ts';
import { readPending, sinceBoot } from '../../store/pending.ts';
import { describeOff, readOff } from '../../store/unloaded.ts';
import { makeRun } from '../../system/exec.ts';
import { isChanged, touch, writeUnlocked } from '../../system/files.ts';
import { Occupied, withLock } from '../../system/lock.ts';

export interface SyncOptions {
  /** Seconds, as text of the command line. */
  settle?: string;
  /** By the configuration that was loaded last, not by the present one; nothing while it is unloaded. */
  inForce?: boolean;
  /** As virt-shaper.service asks for: what was unloaded stays so while the host boots. */
  service?: boolean;
}

/** How often a sync begins anew because libvirt has changed something meanwhile; another one follows anyway. */
const rounds = 3;

export async function syncCommand(context: Context, options: SyncOptions): Promise<number> {
  if (options.settle !== undefined && !(await settle(context, seconds('--settle', options.settle)))) {
    context.detail('another sync is about to begin, and will see what this one would');
    return 0;
  }
  const off = readOff(context.paths.unloaded);
  if (off && options.service && (await isBooting())) {
    context.warn(`nothing is loaded: ${describeOff(off)}; virt-shaper apply loads again`);
    return 0;
  }
  await takeOverdueBack(context);
  const lines: string[] = [];
  let status = 0;
  try {
    const warn = (text: string) => lines.push(text);
    for (let round = 1; round <= rounds; round += 1) {
      lines.length = 0;
      const before = runningStamp(context.paths.libvirtState);
      status = await syncOnce({ ...context, warn }, options.inForce === true);
      if (runningStamp(context.paths.libvirtState) === before) break;
    }
  } finally {
    sayNew(context, lines, options.inForce === true);
  }
  touch(context.paths.lastSync);
  return status;
}

/** Whether the service starts as part of a boot, not by hand. Without systemd that cannot be told: it counts as a boot. */
async function isBooting(): Promise<boolean> {
  const answer = await makeRun({ timeout: 5000 })('systemctl', ['is-system-running']).catch(() => undefined);
  return !['running', 'degraded', 'maintenance'].includes(answer?.stdout.trim() ?? '');
}

/** Seconds after the deadline from which the processes of an unconfirmed load count as killed. */
const overdue = 5;

async function takeOverdueBack(context: Context): Promise<void> {
  const pending = readPending(context.paths.pending);
  if (pending && sinceBoot() > pending.deadline + overdue * 1000) await takeBack(context, pending.id);
}

/** Only warnings that the last sync did not give: the timer would repeat them every minute. */
function sayNew({ warn, paths }: Context, lines: string[], inForce: boolean): void {
  const said = { file: paths.lastSync, text: lines.join('\n') };
  const isNew = isChanged(said);
  if (isNew) writeUnlocked(said.file, said.text);
  if (isNew || !inForce) for (const line of lines) warn(line);
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

/** @returns the exit status: 1 where an uplink cannot be shaped */
async function syncOnce(context: Context, inForce: boolean): Promise<number> {
  let counting: Promise<Usage> | undefined;
  let loaded: Generated | undefined;
  const work = async (site: Site) => {
    counting = countNow(context, site);
    if (inForce && readOff(context.paths.unloaded)) return 0;
    const present = readAhead(site);
    const noted = await findGuests(context);
    sayFound(context, noted);
    const outputs = await generateNow(context, inForce ? 'in force' : 'present', { used: counting });
    const wanted = inForce ? folderFor(context, outputs) : context.paths.rules;
    const { folder, written, full } = writeRulesAnywhere(context, outputs, wanted);
    const quiet = { ...context, say: context.detail };
    const nothing = inForce ? '' : 'nothing to do: the kernel holds what the running guests need';
    await counting; // Before anything goes.
    const { changed, obstacles } = await loadNow(context, site, folder, present, tell(context, nothing));
    sayPolicy(noted.changed || written || changed ? context : quiet, outputs);
    if (full) noteLoad(context.paths.history, full);
    loaded = outputs;
    const lacking = outputs.policy.unshaped.some(({ uplink }) => uplink !== undefined);
    return lacking || full || obstacles.length > 0 ? 1 : 0;
  };
  const counted = async (site: Site) => {
    try {
      return await work(site);
    } finally {
      await counting; // Its child holds the lock.
    }
  };
  try {
    return await underLock(context, (site) => countingFailures(context, () => counted(site)));
  } finally {
    await (await counting)?.keep();
    if (loaded) await lookAgain(context, loaded);
  }
}
