// rules.d -> kernel. Reads top to bottom as what happens: what is wanted, what there is, who is in the way,
// the transaction, and only then the new rules are the good ones.
import { compare } from '../diff/compare.ts';
import type { Difference, Found } from '../diff/difference.ts';
import { concerns, hasTree } from '../diff/obstacles.ts';
import { parseRules } from '../diff/parse-rules.ts';
import type { Refusal, Unreached } from '../diff/unreached.ts';
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
import { checkAhead, isUnlisted, type Present, readAhead } from './prefetch.ts';
import { nothing, prepare } from './prepare.ts';
import { type Checked, transact } from './transaction.ts';
import { type Believed, loadBelieving } from './trust.ts';

export interface Loaded {
  changed: boolean;
  /** Taps that could not be reached: of their guest only, all others are in force. */
  unreached: Unreached[];
  /** What costs an uplink its shaping; all others are in force. */
  obstacles: Obstacle[];
  /** Tables of others that set our marks. */
  foreignMarks: string[];
  /** Taps with filters of others to which ours has been added. */
  joined: string[];
}

const nothingLacks = { unreached: [], obstacles: [], foreignMarks: [], joined: [] };

/**
 * Call it under the lock.
 * @param wanted the folder with the rules, or rules with what is believed of the kernel in place of reading it
 * @param ahead read already
 * @throws ConfigError when a file of rules.d cannot be understood, Failure when the kernel refuses; both
 *   leave the kernel as it was
 */
export async function load(
  site: Site,
  wanted: string | Believed = site.rules,
  ahead?: Present,
): Promise<Loaded> {
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
  const refusals: Refusal[] = [];
  const doubted = new Set<string>();
  for (let now = present; ; now = readAhead(site)) {
    try {
      return await tryLoad(site, asked, now, refusals);
    } catch (error) {
      if (!(error instanceof RefusedLine) || refusals.length === most) throw error;
      const { device, reason: message, stays } = error;
      const wanted = parseRules(rules, folder);
      const isKnown = refusals.some((one) => one.device === device && one.stays === stays);
      if (isKnown || !concerns(device, wanted)) throw error;
      // Something may have come since the first look, which a second one can name.
      if (doubted.has(device) || !hasTree(device, wanted))
        refusals.push({ device, message, ...(stays === undefined ? {} : { stays }) });
      doubted.add(device);
    }
  }
}

/** Refusals that are got around: where there are more, something is wrong with all. */
const most = 8;

interface Asked {
  rules: Rules;
  companions: Companions;
  folder: string;
  checked: Checked | undefined;
}

/** All or nothing, but for what has been refused before. */
async function tryLoad(site: Site, asked: Asked, present: Present, refusals: Refusal[]): Promise<Loaded> {
  const { rules, companions, folder, checked } = asked;
  const prepared = await prepare(site, rules, folder, present, refusals);
  const { before, wanted, unreached, obstacles, good, same } = prepared;
  keepForeignTaps(site.foreignTaps, before, wanted);
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
  keepGood(site.rules, laid ?? lay());
  if (same && unreached.length + obstacles.length === 0) await keepSeen(site.seen, rules, present.interview);
  return {
    changed: found.length > 0,
    unreached: [...unreached, ...vanished],
    obstacles,
    foreignMarks: await marks,
    joined: joinedTaps(found, before),
  };
}

/** Taps with filters of others to which ours comes. */
function joinedTaps(found: Difference[], { sharedTaps }: KernelState): string[] {
  const made = found.filter(({ kind, action }) => kind === 'filter' && action === 'add');
  return made.map(({ device }) => device).filter((tap) => sharedTaps.has(tap));
}

/** Refreshes the fingerprint: the next load recognizes by one comparison the table that this one recognized guest by guest. */
function refreshListing({ listing }: Site, { loaded, ruleset }: KernelState): void {
  if (loaded && isOlder(listing)) writeListing(listing, loaded.ruleset, ruleset.slice(noTable.length));
}

/**
 * What `load` of a folder's rules would change, without changing it.
 * @param folder absent: compared with a kernel that holds nothing of ours
 */
export async function differences(
  site: Site,
  folder: string | undefined,
): Promise<Found & { from: KernelState } & Pick<Loaded, 'unreached' | 'obstacles' | 'joined'>> {
  const { before, wanted, unreached, obstacles, good } = await prepare(
    site,
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

/** Takes out everything of ours, whoever loaded it. Call it under the lock. @returns whether there was any */
export async function unload(site: Site): Promise<boolean> {
  const { before, good } = await prepare(site);
  keepForeignTaps(site.foreignTaps, before, nothing);
  recallLines(before, good);
  const found = compare(before, nothing);
  await transact({ ...site, holds: before.objects }, { before, wanted: nothing, found });
  for (const file of [site.listing, site.seen, site.formerSettings]) removeFile(file);
  dropGood(site.rules);
  return found.length > 0;
}

/**
 * tc prints less than it was told, so an object that is as it was loaded last takes the line of that load:
 * what goes back to it goes back exactly.
 */
function recallLines(kernel: KernelState, good: State | undefined): void {
  for (const loaded of good?.objects.values() ?? []) {
    const held = kernel.objects.get(loaded.key);
    if (!held || held.parent !== loaded.parent || differingOptions(loaded, held).length > 0) continue;
    kernel.objects.set(held.key, held.handle === undefined ? loaded : { ...loaded, handle: held.handle });
  }
}
