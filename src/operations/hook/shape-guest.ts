// What a hook does once a guest is noted: renders, and loads what this guest changes where the kernel can be believed, or all of it.

import { readOnFailure } from '../../config/read-config.ts';
import type { GuestKey } from '../../guests/list.ts';
import type { Site } from '../../load/context.ts';
import { readAhead } from '../../load/prefetch.ts';
import { type Believed, readTrusted } from '../../load/trust.ts';
import { wished } from '../../policy/policy.ts';
import { areOwn } from '../../render/compile.ts';
import type { Rules } from '../../render/render.ts';
import { hasFailed, noteLoad } from '../../store/history.ts';
import { readPending } from '../../store/pending.ts';
import { Failure } from '../../system/errors.ts';
import { label } from '../../text/label.ts';
import { placeInForce } from '../config-with-templates.ts';
import type { Context } from '../context.ts';
import { countingFailures, Refused } from '../failures.ts';
import { folderFor, type Generated, generateNow } from '../generate.ts';
import { loadNow } from '../load-now.ts';
import { noteMadeFrom } from '../make-part.ts';
import { sayUnshaped, sayWarnings } from '../say/policy.ts';
import { underLock } from '../under-lock.ts';
import { writeRulesAnywhere } from '../write-rules.ts';

/** A guest that a call of libvirt's is about. */
export interface Concerned extends GuestKey {
  /** It may be refused; any other failure is no reason to end it. */
  starts: boolean;
  /** Who is told of it. */
  heard: Context;
}

export interface Shaped {
  /** Whether all was done, and nothing is to be tried again soon. */
  isDone: boolean;
  /** Why a guest that starts is not shaped, when all others were loaded. */
  failure?: Failure;
}

/**
 * Renders and loads for all guests that are noted by now: many that start at once need few loads. What is noted
 * stays so even when loading fails, or its lock cannot be had in time.
 * @returns of each of these, in their order
 * @throws Refused for the first of them that must not start, when nothing was loaded
 */
export async function shape(context: Context, concerned: Concerned[]): Promise<Shaped[]> {
  const lacking = new Set<string>();
  let full: string | undefined;
  let made: Generated | undefined;
  const put = (generated: Generated): string => {
    const written = writeRulesAnywhere(context, generated, folderFor(context, generated));
    full = written.full;
    return written.folder;
  };
  /** Of all that is made for a load that reads the kernel, nothing is kept in memory meanwhile. */
  const render = async (good: Rules | undefined): Promise<string | Believed> => {
    const generated = await renderNow(context, concerned, good);
    const { rules, companions, inputs, plan, policy, part } = generated;
    for (const { guest, kind } of policy.unshaped) if (!wished.includes(kind)) lacking.add(guest);
    if (!good || !areOwn(inputs.templates)) return put(generated);
    const names = new Set(concerned.map(({ name }) => name));
    const taps = plan.uplinks.flatMap((uplink) => uplink.taps.filter(({ guest }) => names.has(guest)));
    let folder: string | undefined;
    const write = () => {
      folder ??= put(generated);
      return folder;
    };
    made = generated;
    const few = part && { good: part.before.rules, rules: part.now.rules };
    return { good, rules, companions, taps: taps.map((tap) => tap.name), write, ...(few ? { few } : {}) };
  };
  const work = async (site: Site) => {
    const good = trusted(context, site);
    const present = good ? undefined : readAhead(site);
    const wanted = await render(good).catch(async (error) => {
      await present?.interview.all().catch(() => {}); // Its children hold the lock, which is soon asked for again.
      throw error;
    });
    const loaded = await loadNow({ ...context, say: context.detail }, site, wanted, present);
    if (full) noteLoad(context.paths.history, full);
    else if (made && loaded.obstacles.length === 0) noteMadeFrom(context.paths, made);
    return loaded;
  };
  // A stop is waited for by nobody, a start is.
  const areStarts = concerned.every(({ starts }) => starts);
  const locked = areStarts ? underLock : (await import('../usage/count.ts')).underLockCounted;
  const { obstacles } = await locked(context, (site) => countingFailures(context, () => work(site)));
  const isWell = !hasFailed(context.paths.history);
  return concerned.map(({ name, starts }) => {
    const own = obstacles.find(({ guests }) => guests.some(({ guest }) => guest === label(name)));
    const failure = starts && own ? new Failure(`guest ${label(name)}: ${own.reason}`, own.hint) : undefined;
    return { isDone: isWell && own === undefined && !lacking.has(name), ...(failure ? { failure } : {}) };
  });
}

/** The rules in force, unless the last load failed or one waits for its confirmation. */
function trusted({ paths }: Context, site: Site): Rules | undefined {
  return hasFailed(paths.history) || readPending(paths.pending) ? undefined : readTrusted(site);
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

/** @throws Refused where the administrator's rules say that it must not start so */
function refuse(context: Context, { policy }: Generated, name: string): void {
  const own = policy.unshaped.filter((one) => one.guest === name);
  const refused = own.find(({ kind }) => kind === 'refused');
  if (refused) throw new Refused(name, `guest ${label(name)} may not start: ${refused.reason}`);
  const unable = own.find(({ kind }) => kind === 'unable');
  if (unable && readOnFailure(placeInForce(context)) === 'refuse') {
    throw new Refused(name, `guest ${label(name)}, ${unable.tap} cannot be shaped: ${unable.reason}`);
  }
}
