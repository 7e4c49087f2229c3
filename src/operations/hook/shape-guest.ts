// The hook's load, once its guests are noted: an incremental one where the kernel can be trusted to hold the rules in force, else a
// full one.

import type { GuestKey } from '../../guests/list.ts';
import type { Site } from '../../load/context.ts';
import { readAhead } from '../../load/prefetch.ts';
import { type Believed, readBelieved } from '../../load/trust.ts';
import { wished } from '../../policy/policy.ts';
import { areOwn } from '../../render/compile.ts';
import type { Rules } from '../../render/render.ts';
import { hasFailed, noteLoad } from '../../store/history.ts';
import type { Obstacle } from '../../store/in-force-plan.ts';
import { sourceFile } from '../../store/in-force-rules.ts';
import { writeMadeFrom } from '../../store/made-from.ts';
import { readPending } from '../../store/pending.ts';
import { Failure } from '../../system/errors.ts';
import { once } from '../../system/memoize.ts';
import { label } from '../../text/label.ts';
import { onFailure } from '../config-with-templates.ts';
import type { Context } from '../context.ts';
import { countingFailures, Refused } from '../failures.ts';
import { folderFor, type Generated, generateNow } from '../generate.ts';
import { loadNow } from '../load-now.ts';
import { madeFromOf } from '../make-part.ts';
import { sayUnshaped, sayWarnings } from '../say/policy.ts';
import { underLock } from '../under-lock.ts';
import { writeRulesAnywhere } from '../write-rules.ts';

/** The guest of a hook call. */
export interface Concerned extends GuestKey {
  /** Whether it starts, so that it may be refused; a running guest is never ended. */
  starts: boolean;
  /** The context that reports to its caller. */
  heard: Context;
}

export interface Shaped {
  /** Whether it succeeded completely, so that no retry is needed. */
  isDone: boolean;
  /** Why a starting guest is not shaped although the load succeeded for all others. */
  failure?: Failure;
}

/**
 * Renders and loads for all guests that are noted by now, so that many simultaneous starts need few loads. They stay noted when the
 * load fails or the lock times out.
 * @returns the result for each of these, in their order
 * @throws Refused for the first one that must not start; then nothing was loaded
 */
export async function shape(context: Context, concerned: Concerned[]): Promise<Shaped[]> {
  // libvirt waits for a start, so only a batch with a stop takes the time to count use.
  const areStarts = concerned.every(({ starts }) => starts);
  const locked = areStarts ? underLock : (await import('../usage/count.ts')).underLockCounted;
  const work = (site: Site) => renderAndLoad(context, site, concerned);
  const result = await locked(context, (site) => countingFailures(context, () => work(site)));
  const isWell = !hasFailed(context.paths.history);
  return concerned.map((one) => shapedBy(one, result, isWell));
}

/** @param isWell whether the last load has ended well for everybody */
export function shapedBy(
  { name, starts }: Pick<Concerned, 'name' | 'starts'>,
  { obstacles, lacking }: LoadedBatch,
  isWell: boolean,
): Shaped {
  const own = obstacles.find(({ guests }) => guests.some(({ guest }) => guest === label(name)));
  const failure = starts && own ? new Failure(`guest ${label(name)}: ${own.reason}`, own.hint) : undefined;
  return { isDone: isWell && own === undefined && !lacking.has(name), ...(failure ? { failure } : {}) };
}

export interface LoadedBatch {
  obstacles: Obstacle[];
  /** Guests with a NIC that should be shaped and is not. */
  lacking: Set<string>;
}

async function renderAndLoad(context: Context, site: Site, concerned: Concerned[]): Promise<LoadedBatch> {
  const good = trusted(context, site);
  const present = good ? undefined : readAhead(site);
  const { wanted, lacking, note } = await render(context, concerned, good).catch(async (error) => {
    await present?.interview.all().catch(() => {}); // Its child processes hold the lock, which is needed again soon.
    throw error;
  });
  const { obstacles } = await loadNow({ ...context, say: context.detail }, site, wanted, present);
  note(obstacles.length === 0);
  return { obstacles, lacking };
}

/** As the load takes it. */
interface Wanted {
  /** The folder of the rules, for a load that reads the kernel. */
  wanted: string | Believed;
  /** Called when it is loaded. @param isWhole whether nothing was in the way */
  note: (isWhole: boolean) => void;
}

async function render(
  context: Context,
  concerned: Concerned[],
  good: Rules | undefined,
): Promise<Wanted & { lacking: Set<string> }> {
  const generated = await renderNow(context, concerned, good);
  const lacking = new Set<string>();
  for (const { guest, kind } of generated.policy.unshaped) if (!wished.includes(kind)) lacking.add(guest);
  const isBelieved = good && areOwn(generated.inputs.templates);
  const wanted = isBelieved ? believing(context, concerned, generated, good) : reading(context, generated);
  return { ...wanted, lacking };
}

/** A function of its own, so that what is left of it keeps nothing of the rendering in memory while the kernel is read. */
function reading(context: Context, generated: Generated): Wanted {
  const { folder, full } = write(context, generated);
  const note = () => {
    if (full) noteLoad(context.paths.history, full);
  };
  return { wanted: folder, note };
}

function believing(context: Context, concerned: Concerned[], generated: Generated, good: Rules): Wanted {
  const { rules, companions, plan, part } = generated;
  const names = new Set(concerned.map(({ name }) => name));
  const taps = plan.uplinks.flatMap((uplink) => uplink.taps.filter(({ guest }) => names.has(guest)));
  const written = once(() => write(context, generated));
  const madeFrom = once(() => madeFromOf(generated));
  const few = part && { good: part.before.rules, rules: part.now.rules };
  const wanted = {
    good,
    rules,
    companions,
    taps: taps.map((tap) => tap.name),
    write: () => written().folder,
    meanwhile: madeFrom,
    ...(few ? { few } : {}),
  };
  const note = (isWhole: boolean) => {
    const { full } = written();
    if (full) noteLoad(context.paths.history, full);
    else if (isWhole) writeMadeFrom(context.paths, companions.get(sourceFile) ?? '', madeFrom());
  };
  return { wanted, note };
}

function write(context: Context, generated: Generated) {
  return writeRulesAnywhere(context, generated, folderFor(context, generated));
}

/** The rules in force if they can be trusted: the last load succeeded, and none waits for its confirmation. */
function trusted({ paths }: Context, site: Site): Rules | undefined {
  return hasFailed(paths.history) || readPending(paths.pending) ? undefined : readBelieved(site);
}

async function renderNow(context: Context, concerned: Concerned[], good?: Rules): Promise<Generated> {
  const starting = concerned.filter(({ starts }) => starts).map(({ name }) => name);
  const generated = await generateNow(context, starting.length > 0 ? { starting } : 'in force', {
    used: 'noted',
    ...(good ? { good } : {}),
  });
  for (const name of starting) refuse(context, generated, name);
  sayWarnings(context, generated);
  for (const { name, heard } of concerned) sayUnshaped(heard, generated, name);
  return generated;
}

/** @throws Refused where the configuration forbids the guest to start */
function refuse(context: Context, { policy }: Generated, name: string): void {
  const own = policy.unshaped.filter((one) => one.guest === name);
  const refused = own.find(({ kind }) => kind === 'refused');
  if (refused) throw new Refused(name, `guest ${label(name)} may not start: ${refused.reason}`);
  const unable = own.find(({ kind }) => kind === 'unable');
  if (unable && onFailure(context) === 'refuse') {
    throw new Refused(name, `guest ${label(name)}, ${unable.tap} cannot be shaped: ${unable.reason}`);
  }
}
