// virt-shaper sync: finds the running guests in libvirt's status files and the kernel, then renders and loads. So it shapes
// NICs that were plugged into running guests and guests that were started without the hook, and removes leftovers. Where
// nothing differs, it writes nothing but the time of the sync.
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
import { settle } from '../../operations/settle.ts';
import { takeBack } from '../../operations/take-back.ts';
import { underLock } from '../../operations/under-lock.ts';
import { countNow, type Usage } from '../../operations/usage/count.ts';
import { writeRulesAnywhere } from '../../operations/write-rules.ts';
import { noteLoad } from '../../store/history.ts';
import { readPending, sinceBoot } from '../../store/pending.ts';
import { describeOff, readOff } from '../../store/unloaded.ts';
import { makeRun } from '../../system/exec.ts';
import { isChanged, touch, writeUnlocked } from '../../system/files.ts';

export interface SyncOptions {
  /** Seconds, as typed. */
  settle?: string;
  /** Render from the configuration in force, not from the present files; do nothing while unloaded. */
  inForce?: boolean;
  /** Set by virt-shaper.service: after an unload, a boot does not load again. */
  service?: boolean;
}

export async function syncCommand(context: Context, options: SyncOptions): Promise<number> {
  if (options.settle !== undefined && !(await settle(context, seconds('--settle', options.settle)))) {
    context.detail('another sync is about to begin, and looks in place of this one');
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
    status = await whileChanging(
      () => runningStamp(context.paths.libvirtState),
      () => {
        lines.length = 0;
        return syncOnce({ ...context, warn }, options.inForce === true);
      },
    );
  } finally {
    sayNew(context, lines, options.inForce === true);
  }
  touch(context.paths.lastSync);
  return status;
}

/** How often a sync looks at most where libvirt changes something each time. Then it ends, since the next one follows. */
const rounds = 3;

/**
 * Does its work anew for as long as something changes meanwhile.
 * @param stamp another one after each change
 * @returns the status of the last time
 */
export async function whileChanging(stamp: () => string, work: () => Promise<number>): Promise<number> {
  let status = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const before = stamp();
    status = await work();
    if (stamp() === before) break;
  }
  return status;
}

/** Whether the service is started by a boot and not by hand. Without systemd it is not known, and counts as a boot. */
async function isBooting(): Promise<boolean> {
  const answer = await makeRun({ timeout: 5000 })('systemctl', ['is-system-running']).catch(() => undefined);
  return !['running', 'degraded', 'maintenance'].includes(answer?.stdout.trim() ?? '');
}

/** Seconds after its deadline from which the process that guards an unconfirmed load counts as killed. */
const overdue = 5;

async function takeOverdueBack(context: Context): Promise<void> {
  const pending = readPending(context.paths.pending);
  if (pending && sinceBoot() > pending.deadline + overdue * 1000) await takeBack(context, pending.id);
}

/**
 * Prints warnings; a sync of the timer only when they differ from the last sync's, or the log would repeat them each
 * minute.
 */
function sayNew({ warn, paths }: Context, lines: string[], inForce: boolean): void {
  const said = { file: paths.lastSync, text: lines.join('\n') };
  const isNew = isChanged(said);
  if (isNew) writeUnlocked(said.file, said.text);
  if (isNew || !inForce) for (const line of lines) warn(line);
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
    await counting; // Classes must be read before they are deleted.
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
      await counting; // Its child process has inherited the lock.
    }
  };
  try {
    return await underLock(context, (site) => countingFailures(context, () => counted(site)));
  } finally {
    await (await counting)?.keep();
    if (loaded) await lookAgain(context, loaded);
  }
}
