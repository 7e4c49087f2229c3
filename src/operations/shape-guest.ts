// What a hook does once a guest is noted: renders, and loads by the short way what this guest changes, or all of it.

import { readOnFailure } from '../config/read-config.ts';
import type { GuestKey } from '../guests/list.ts';
import type { Site } from '../load/context.ts';
import type { Loaded } from '../load/load.ts';
import { readTrusted } from '../load/load-small.ts';
import { readAhead } from '../load/prefetch.ts';
import { wished } from '../policy/policy.ts';
import { areOwn } from '../render/compile.ts';
import type { Rules } from '../render/render.ts';
import { hasFailed, noteLoad } from '../store/history.ts';
import { readPending } from '../store/pending.ts';
import { Failure } from '../system/errors.ts';
import { label } from '../text/label.ts';
import type { Context } from './context.ts';
import { countingFailures, Refused } from './failures.ts';
import {
  folderFor,
  type Generated,
  generateNow,
  placeInForce,
  sayUnshaped,
  sayWarnings,
} from './generate.ts';
import { loadGuest, loadNow } from './load-now.ts';
import { underLock } from './under-lock.ts';
import { type Written, writeRulesAnywhere } from './write-rules.ts';

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
  const render = async () => {
    const generated = await renderNow(context, concerned);
    for (const { guest, kind } of generated.policy.unshaped) if (!wished.includes(kind)) lacking.add(guest);
    return generated;
  };
  const quiet = { ...context, say: context.detail };
  const work = async (site: Site) => {
    const good = trusted(context, site);
    if (good === undefined) {
      const present = readAhead(site);
      // Of all it makes nothing is kept in memory while the kernel's answers are read.
      const { folder, full } = await render()
        .then((generated) => write(context, generated))
        .catch(async (error) => {
          await present.interview.all().catch(() => {}); // Its children hold the lock, which is soon asked for again.
          throw error;
        });
      return noting(full, await loadNow(quiet, site, folder, present));
    }
    const generated = await render();
    const { rules, companions, inputs, plan } = generated;
    let place: Written | undefined;
    const meanwhile = () => {
      place ??= write(context, generated);
      return place.folder;
    };
    const names = new Set(concerned.map(({ name }) => name));
    const taps = plan.uplinks.flatMap((uplink) => uplink.taps.filter(({ guest }) => names.has(guest)));
    const small = { good, rules, companions, taps: taps.map((tap) => tap.name), meanwhile };
    const own = areOwn(inputs.templates);
    const loaded = await (own ? loadGuest(quiet, site, small) : loadNow(quiet, site, meanwhile()));
    return noting(place?.full, loaded);
  };
  const noting = (full: string | undefined, loaded: Loaded): Loaded => {
    if (full) noteLoad(context.paths.history, full);
    return loaded;
  };
  const { obstacles } = await underLock(context, (site) => countingFailures(context, () => work(site)));
  const isWell = !hasFailed(context.paths.history);
  return concerned.map(({ name, starts }) => {
    const own = obstacles.find(({ guests }) => guests.some(({ guest }) => guest === label(name)));
    const failure = starts && own ? new Failure(`guest ${label(name)}: ${own.reason}`, own.hint) : undefined;
    return { isDone: isWell && own === undefined && !lacking.has(name), ...(failure ? { failure } : {}) };
  });
}

function write(context: Context, generated: Generated): Written {
  return writeRulesAnywhere(context, generated, folderFor(context, generated));
}

/** The rules in force, where nobody has failed or waits for a confirmation. */
function trusted({ paths }: Context, site: Site): Rules | undefined {
  return hasFailed(paths.history) || readPending(paths.pending) ? undefined : readTrusted(site);
}

async function renderNow(context: Context, concerned: Concerned[]): Promise<Generated> {
  const starting = concerned.filter(({ starts }) => starts).map(({ name }) => name);
  const generated = await generateNow(context, starting.length > 0 ? { starting } : 'in force');
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
