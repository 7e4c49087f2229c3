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
import { folderFor, type Generated, generateNow, placeInForce, sayPolicy } from './generate.ts';
import { loadGuest, loadNow } from './load-now.ts';
import { underLock } from './under-lock.ts';
import { type Written, writeRulesAnywhere } from './write-rules.ts';

/**
 * Renders and loads for all guests that are noted by now: many that start at once need few loads. What is noted
 * stays so even when loading fails, or its lock cannot be had in time.
 * @returns whether all was done, and nothing is to be tried again soon
 */
export async function shape(context: Context, { name }: GuestKey, refusal?: 'may refuse'): Promise<boolean> {
  let isLacking = false;
  const render = async () => {
    const generated = await renderNow(context, name, refusal);
    isLacking = generated.policy.unshaped.some(({ guest, kind }) => guest === name && !wished.includes(kind));
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
    const taps = plan.uplinks.flatMap((uplink) => uplink.taps.filter(({ guest }) => guest === name));
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
  const [own] = obstacles.filter(({ guests }) => guests.some(({ guest }) => guest === label(name)));
  if (refusal && own) throw new Failure(`guest ${label(name)}: ${own.reason}`, own.hint);
  return !isLacking && own === undefined && !hasFailed(context.paths.history);
}

function write(context: Context, generated: Generated): Written {
  return writeRulesAnywhere(context, generated, folderFor(context, generated));
}

/** The rules in force, where nobody has failed or waits for a confirmation. */
function trusted({ paths }: Context, site: Site): Rules | undefined {
  return hasFailed(paths.history) || readPending(paths.pending) ? undefined : readTrusted(site);
}

async function renderNow(context: Context, name: string, refusal?: 'may refuse'): Promise<Generated> {
  const generated = await generateNow(context, refusal ? { starting: name } : 'in force');
  const own = generated.policy.unshaped.filter((one) => one.guest === name);
  const refused = own.find(({ kind }) => kind === 'refused');
  if (refusal && refused) throw new Refused(`guest ${label(name)} may not start: ${refused.reason}`);
  const unable = own.find(({ kind }) => kind === 'unable');
  if (refusal && unable && readOnFailure(placeInForce(context)) === 'refuse') {
    throw new Refused(`guest ${label(name)}, ${unable.tap} cannot be shaped: ${unable.reason}`);
  }
  sayPolicy(context, generated, name);
  return generated;
}
