// The whole picture: the plan in force, what the kernel holds of it, and with two readings how fast it goes.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { mayForge } from '../guests/forge.ts';
import { readIfbs } from '../kernel/ifb.ts';
import { sameGuests } from '../kernel/nft/same.ts';
import { parseRuleset } from '../kernel/nft/table.ts';
import { readTable } from '../load/read-state.ts';
import { type InForce, readInForce } from '../store/in-force-plan.ts';
import { laidFolder, planFile } from '../store/in-force-rules.ts';
import { isJournalled } from '../store/journal.ts';
import { readVolumes } from '../store/volumes.ts';
import { Failure, isDamaged } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';
import { isThere, readCache } from '../system/files.ts';
import type { TableState } from './facts.ts';
import { findInnerFaults, type InnerFault } from './faults.ts';
import { type GuestRow, guestRows } from './guests.ts';
import { joinUplinks, type UplinkInUse } from './in-use.ts';
import { type LimitInUse, readLimits } from './limits.ts';
import { listRuleset, readFacts } from './read-facts.ts';
import { findStrays, type RunningGuests, type RunningPaths, readRunningGuests } from './read-running.ts';
import { listQdiscs, readBytes, readUse } from './read-use.ts';
import type { Counted, Uses } from './use.ts';
import { type AllowancesInUse, allowancesInUse } from './volumes.ts';

/** Where it is written what was loaded, and what runs: paths.ts has all. */
export interface Loaded extends RunningPaths {
  rules: string;
  /** store/table-fingerprint.ts */
  listing: string;
  /** store/journal.ts */
  journal: string;
  /** store/files.ts */
  spare: string;
  /** store/volumes.ts */
  volumes: string;
  /** Which installation this is (kernel/owner.ts). */
  owner: string;
}

export interface InUse {
  /** Whether any rules are in force: with no guest to shape they have no uplink. */
  loaded: boolean;
  inForce: InForce;
  uplinks: UplinkInUse[];
  guests: GuestRow[];
  /** What is wrong about classes that are no guest's. */
  inner: InnerFault[];
  /** Inside the host; empty where no guest has any. */
  limits: LimitInUse[];
  /** Volumes and credit; empty where nobody has any. */
  allowances: AllowancesInUse;
  /** Guests in force that may forge addresses, and whom no `local` keeps from spending a neighbour's limit by it. */
  forgers: string[];
  /** Of guests that run, as far as anybody has told. */
  uuids: Map<string, string>;
  table: TableState['kind'];
  /** This reading, for the speeds of the next. */
  uses: Uses;
  /** Milliseconds that the speeds are taken over, as asked for; absent without speeds. */
  interval?: number;
}

/**
 * @param before what the speeds are counted from: the reading before, or milliseconds to wait for a second one
 *   now; absent for no speeds
 * @throws Failure when tc or nft does not answer, or the plan in force is of another version
 */
export async function readInUse(run: Run, loaded: Loaded, before?: Counted | number): Promise<InUse> {
  // Nothing takes longer, and nothing has to be known for it.
  const ruleset = listRuleset(run);
  ruleset.catch(() => {}); // Told to who waits for it.
  const inForce = await planNow(run, loaded);
  const devices = inForce.uplinks.flatMap(({ trees }) => [trees.out.device, trees.in.device]);
  const running = readRunningGuests(loaded);
  // What waits for a second reading has time to ask for all else meanwhile.
  const waits = typeof before === 'number';
  const [former, read, listed, limits, only] = await Promise.all([
    waits ? readEarlier(run, devices, before) : before,
    readFacts(run, loaded, inForce, running, ruleset),
    waits ? listQdiscs(run) : undefined,
    readLimits(run, inForce.limits),
    waits ? undefined : readUse(run, devices),
  ]);
  const { uses, qdiscs } = only ?? (await readUse(run, devices, listed));
  const facts = { ...read, ...qdiscs };
  const uplinks = joinUplinks(inForce, uses, former, qdiscs.roots);
  return {
    loaded: isLoaded(loaded.rules),
    inForce,
    uplinks,
    guests: guestRows(inForce, uplinks, facts, findStrays(inForce, running, loaded)),
    inner: findInnerFaults(uplinks, facts),
    limits,
    allowances: readAllowances(loaded.volumes, inForce),
    forgers: findForgers(inForce, running),
    uuids: new Map(running.guests.flatMap(({ name, uuid }) => (uuid ? [[name, uuid]] : []))),
    table: read.table.kind,
    uses,
    ...(waits ? { interval: before } : {}),
  };
}

function readAllowances(file: string, { allowances = [] }: InForce): AllowancesInUse {
  return allowancesInUse(allowances, allowances.length > 0 ? readVolumes(file) : undefined);
}

function findForgers({ uplinks, limits = [] }: InForce, { guests }: RunningGuests): string[] {
  const known = new Set(uplinks.flatMap(({ taps }) => taps.map(({ guest }) => guest)));
  const limited = new Set(limits.filter(({ local }) => local !== undefined).map(({ guest }) => guest));
  return guests
    .filter((guest) => known.has(guest.name) && !limited.has(guest.name) && mayForge(guest))
    .map(({ name }) => name)
    .sort();
}

/** While a load goes on, and where one was killed, nft may have moved over to what that has laid and not named yet. */
async function planNow(run: Run, loaded: Loaded): Promise<InForce> {
  const { rules, journal, spare } = loaded;
  const isMoving = isJournalled(journal);
  const laid = isMoving ? laidFolder(rules, spare) : undefined;
  const next = laid && readCache(join(laid, 'ruleset.nft'));
  if (laid && next && isMovedTo(next, await readTable(run))) return readOrSay(rules, laid);
  if (!isMoving && hasLostRules(loaded)) {
    throw new Failure(
      `the rules in force are gone from ${rules}, and the kernel holds what was loaded: who is shaped cannot be told`,
      'virt-shaper sync makes them anew',
      undefined,
      'damaged',
    );
  }
  return planInForce(rules);
}

/** Whether this installation has loaded something, and nothing is left that says what. */
export function hasLostRules({
  rules,
  owner,
  unloaded,
}: Pick<Loaded, 'rules' | 'owner' | 'unloaded'>): boolean {
  const isTold = isLoaded(rules) || readCache(join(rules, 'good', planFile)) !== undefined;
  if (isTold || isThere(unloaded)) return false;
  return readIfbs().some((ifb) => ifb.owner === owner);
}

function isMovedTo(ruleset: string, table: string): boolean {
  return table !== '' && sameGuests(parseRuleset(table), parseRuleset(ruleset));
}

function planInForce(rules: string): InForce {
  const inForce = readOrSay(rules);
  const isPlanThere = readCache(join(rules, 'good', planFile)) !== undefined;
  if (inForce.uplinks.length > 0 || !isLoaded(rules) || isPlanThere) return inForce;
  throw new Failure(
    `${join(rules, 'good')} has no ${planFile}, which names the guests of the rules in force`,
    'virt-shaper apply writes it',
    undefined,
    'damaged',
  );
}

function isLoaded(rules: string): boolean {
  return readCache(join(rules, 'good', 'shape.tc')) !== undefined;
}

function readOrSay(rules: string, folder?: string): InForce {
  try {
    return readInForce(rules, folder);
  } catch (error) {
    // Who may not read it is told so already; what is damaged is not worth keeping.
    if (!isDamaged(error)) throw error;
    throw new Failure((error as Failure).message, 'virt-shaper apply writes it anew', undefined, 'damaged');
  }
}

/** @param interval milliseconds from the beginning of this reading to its end, for the next to begin */
async function readEarlier(run: Run, devices: string[], interval: number): Promise<Counted> {
  const began = performance.now();
  const counted = await readBytes(run, devices);
  await pause(Math.max(0, began + interval - performance.now()));
  return counted;
}
