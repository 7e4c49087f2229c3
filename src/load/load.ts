// Loads rules.d into the kernel. The functions are in the order in which things happen: the wanted state, the kernel's
// state, obstacles, the transaction; only after that do the new rules become `good`.
import { compare } from '../diff/compare.ts';
import type { Difference, Found } from '../diff/difference.ts';
import { parseRules } from '../diff/parse-rules.ts';
import type { DeviceRefusal, Unreached } from '../diff/unreached.ts';
import { noTable } from '../kernel/nft/table.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import { differingOptions } from '../kernel/tc/values.ts';
import type { Rules } from '../render/render.ts';
import { keepForeignTaps } from '../store/foreign-taps.ts';
import { type Obstacle, withPlanObstacles } from '../store/in-force-plan.ts';
import {
  areSame,
  type Companions,
  dropGood,
  keepGood,
  layGood,
  readCompanions,
  readRules,
} from '../store/in-force-rules.ts';
import { isOlder, writeListing } from '../store/table-fingerprint.ts';
import { removeFile } from '../system/files.ts';
import { keepSeen } from './answer-cache.ts';
import { RefusedLine } from './batch.ts';
import type { Site } from './context.ts';
import { askForeignMarks } from './foreign-marks.ts';
import { checkAhead, isUnlisted, type Prefetched, readAhead } from './prefetch.ts';
import { emptyKernel, prepare } from './prepare.ts';
import { Retries } from './retries.ts';
import { type RulesetCheck, transact } from './transaction.ts';
import { type Believed, loadBelieving } from './trust.ts';
import { keeping } from './unkept.ts';

export interface LoadResult {
  changed: boolean;
  /** Taps that could not be reached: only their guests are not shaped. */
  unreached: Unreached[];
  /** Obstacles, each of which keeps one uplink from being shaped; all others are in force. */
  obstacles: Obstacle[];
  /** Tables of others that set our marks. */
  foreignMarks: string[];
  /** Taps with filters of others to which ours has been added. */
  joined: string[];
}

const nothingLacks = { unreached: [], obstacles: [], foreignMarks: [], joined: [] };

/**
 * Call it under the lock.
 * @param wanted the folder of the rules, or rules to load without reading the kernel first (trust.ts)
 * @param ahead the kernel's state, where the caller has begun to read it
 * @throws ConfigError when a file of rules.d cannot be parsed, Failure when the kernel refuses; the kernel is then as before
 */
export async function load(
  site: Site,
  wanted: string | Believed = site.rules,
  ahead?: Prefetched,
): Promise<LoadResult> {
  if (typeof wanted !== 'string') {
    const doubt = await loadBelieving(site, wanted);
    if (doubt === undefined) return { changed: !areSame(wanted.good, wanted.rules), ...nothingLacks };
    site.doubt?.(doubt);
  }
  const folder = typeof wanted === 'string' ? wanted : wanted.write();
  const present = ahead ?? readAhead(site);
  const rules = readRules(folder);
  const companions = readCompanions(folder);
  if (await present.isUnchanged(rules)) {
    keepGood(site.rules, layGood(site.rules, rules, companions, site.spare));
    return { changed: false, ...nothingLacks };
  }
  const asked = { rules, companions, folder, checked: checkAhead(site, rules, present) };
  // What nft says is heard before the rules are parsed, which would keep it from being heard: nft checks them meanwhile.
  if (isUnlisted(site)) await present.table;
  const retries = new Retries();
  for (let now = present; ; now = readAhead(site)) {
    try {
      return await tryLoad(site, asked, now, retries.refusals);
    } catch (error) {
      if (!(error instanceof RefusedLine) || !retries.accept(error, parseRules(rules, folder))) throw error;
    }
  }
}

interface Asked {
  rules: Rules;
  companions: Companions;
  folder: string;
  checked: RulesetCheck | undefined;
}

/** Loads all of the rules or nothing, apart from devices that were refused before. */
async function tryLoad(
  site: Site,
  asked: Asked,
  present: Prefetched,
  refusals: DeviceRefusal[],
): Promise<LoadResult> {
  const { rules, companions, folder, checked } = asked;
  const prepared = await prepare(site, present, rules, folder, refusals);
  const { before, wanted, unreached, obstacles, good, same } = prepared;
  keepForeignTaps(site.foreignTaps, before, wanted, good);
  refreshListing(site, before);
  recallLines(before, good);
  const found = same ? [] : compare(before, wanted);
  if (found.length > 0) {
    site.announce?.({ list: found, from: before, to: wanted, ...(good ? { loaded: good } : {}) });
  }
  let laid: string | undefined;
  const lay = () => {
    laid = layGood(site.rules, rules, withPlanObstacles(companions, obstacles), site.spare);
    return laid;
  };
  const marks = before.hasTable ? [] : askForeignMarks(site.run, wanted, checked?.done);
  const vanished = await transact(
    { ...site, holds: before.objects },
    { before, wanted, found, checked, whileMoving: lay },
  );
  keeping(() => keepGood(site.rules, laid ?? lay()));
  if (same && unreached.length + obstacles.length === 0) await keepSeen(site.seen, rules, present.interview);
  return {
    changed: found.length > 0,
    unreached: [...unreached, ...vanished],
    obstacles,
    foreignMarks: await marks,
    joined: joinedTaps(found, before),
  };
}

/** Taps with filters of others to which ours is added. */
function joinedTaps(found: Difference[], { sharedTaps }: KernelState): string[] {
  const made = found.filter(({ kind, action }) => kind === 'filter' && action === 'add');
  return made.map(({ device }) => device).filter((tap) => sharedTaps.has(tap));
}

/** Stores a new listing of the table, where it was recognized guest by guest: the next load needs one comparison only. */
function refreshListing({ listing }: Site, { loaded, ruleset }: KernelState): void {
  if (loaded && isOlder(listing)) writeListing(listing, loaded.ruleset, ruleset.slice(noTable.length));
}

/**
 * The differences that `load` of a folder's rules would apply; changes nothing.
 * @param folder absent to compare with the state after `unload`
 */
export async function differences(
  site: Site,
  folder: string | undefined,
): Promise<Found & { from: KernelState } & Pick<LoadResult, 'unreached' | 'obstacles' | 'joined'>> {
  const { before, wanted, unreached, obstacles, good } = await prepare(
    site,
    readAhead(site),
    folder === undefined ? undefined : readRules(folder),
    folder,
  );
  const list = compare(before, wanted);
  return {
    list,
    from: before,
    to: wanted,
    ...(good ? { loaded: good } : {}),
    unreached,
    obstacles,
    joined: joinedTaps(list, before),
  };
}

/** Deletes all our objects from the kernel. Call it under the lock. @returns whether there were any */
export async function unload(site: Site): Promise<boolean> {
  const { before, good } = await prepare(site, readAhead(site));
  keepForeignTaps(site.foreignTaps, before, emptyKernel);
  recallLines(before, good);
  const found = compare(before, emptyKernel);
  await transact({ ...site, holds: before.objects }, { before, wanted: emptyKernel, found });
  for (const file of [site.listing, site.seen, site.formerSettings]) removeFile(file);
  dropGood(site.rules);
  return found.length > 0;
}

/**
 * Gives objects that are unchanged since the last load the values of that load. tc prints fewer values than it was given, so
 * that a rollback could otherwise not restore all of them.
 */
function recallLines(kernel: KernelState, good: State | undefined): void {
  for (const loaded of good?.objects.values() ?? []) {
    const held = kernel.objects.get(loaded.key);
    if (!held || held.parent !== loaded.parent || differingOptions(loaded, held).length > 0) continue;
    kernel.objects.set(held.key, held.handle === undefined ? loaded : { ...loaded, handle: held.handle });
  }
}
