// Reads everything that the views show: the plan in force, the kernel's state, and with two readings the speeds.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { mayForge } from '../guests/forge.ts';
import { readIfbs } from '../kernel/ifb.ts';
import { sameGuests } from '../kernel/nft/same.ts';
import { parseRuleset } from '../kernel/nft/table.ts';
import { readTable } from '../load/read-state.ts';
import { type InForce, readInForce } from '../store/in-force-plan.ts';
import { laidFolder, planFile, unnotedFolder } from '../store/in-force-rules.ts';
import { isJournalled } from '../store/journal.ts';
import { readVolumes } from '../store/volumes.ts';
import { milliseconds } from '../system/boot.ts';
import { Failure, isDamaged } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';
import { isThere, readCache } from '../system/files.ts';
import type { TableState } from './facts.ts';
import { repair } from './fault.ts';
import { type GuestRow, guestRows } from './guests.ts';
import { joinUplinks, type UplinkInUse } from './in-use.ts';
import { type LimitInUse, readLimits } from './limits.ts';
import { listRuleset, readFacts } from './read-facts.ts';
import { type RunningGuests, type RunningPaths, readRunningGuests } from './read-running.ts';
import { type PolicyPaths, readUnshaped } from './read-unshaped.ts';
import { listQdiscs, readByteCounts, readUse } from './read-use.ts';
import { findInnerFaults, type InnerFault } from './tree-faults.ts';
import type { ByteReadings, Uses } from './use.ts';
import { type AllowancesInUse, allowancesInUse } from './volumes.ts';

/** The paths of the files that describe what was loaded and what runs; paths.ts has all of them. */
export interface LoadedPaths extends RunningPaths, PolicyPaths {
  /** store/table-fingerprint.ts */
  listing: string;
  /** store/journal.ts */
  journal: string;
  /** store/files.ts */
  spare: string;
  /** store/volumes.ts */
  volumes: string;
  /** The identity of this installation (kernel/owner.ts). */
  owner: string;
}

export interface InUse {
  /** Whether any rules are in force; without a guest to shape they have no uplink. */
  loaded: boolean;
  /** With the reasons of guests that are not shaped as they are now. */
  inForce: InForce;
  uplinks: UplinkInUse[];
  guests: GuestRow[];
  /** The faults of classes that are not a guest's. */
  inner: InnerFault[];
  /** The limits inside the host; empty where no guest has any. */
  limits: LimitInUse[];
  /** Volumes and credit; empty where no guest or group has any. */
  allowances: AllowancesInUse;
  /** Shaped guests that may forge addresses without a `local` limit, so that they could use up a neighbour's limit. */
  forgers: string[];
  /** The uuids of running guests, where known. */
  uuids: Map<string, string>;
  table: TableState['kind'];
  /** The counters of this reading, for the speeds of the next. */
  uses: Uses;
  /** The requested interval of the speeds, in milliseconds; absent without speeds. */
  interval?: number;
}

/**
 * @param before the basis of the speeds: the previous reading, or the milliseconds between two readings to be made now; absent for no
 *   speeds
 * @throws Failure when tc or nft fails, or the plan in force is of another version
 */
export async function readInUse(
  run: Run,
  loaded: LoadedPaths,
  before?: ByteReadings | number,
): Promise<InUse> {
  // Started first: it takes longest and needs no input.
  const ruleset = listRuleset(run);
  ruleset.catch(() => {}); // Its error is thrown where it is awaited.
  const plan = await planNow(run, loaded);
  const devices = plan.uplinks.flatMap(({ trees }) => [trees.out.device, trees.in.device]);
  const running = readRunningGuests(loaded);
  // The rest is read during the interval between the two readings.
  const waits = typeof before === 'number';
  const [former, read, listed, limits, only, { unshaped, strays }] = await Promise.all([
    waits ? readEarlier(run, devices, before) : before,
    readFacts(run, loaded, plan, running, ruleset),
    waits ? listQdiscs(run) : undefined,
    readLimits(run, plan.limits),
    waits ? undefined : readUse(run, devices),
    readUnshaped(run, loaded, plan, running),
  ]);
  const inForce = { ...plan, unshaped };
  const { uses, qdiscs } = only ?? (await readUse(run, devices, listed));
  const facts = { ...read, ...qdiscs };
  const uplinks = joinUplinks(inForce, uses, former, qdiscs.roots);
  return {
    loaded: isLoaded(loaded.rules),
    inForce,
    uplinks,
    guests: guestRows(inForce, uplinks, facts, strays),
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

/** While a load runs, where one was killed, and where `good` cannot be written, nft may use rules that are not `good`. */
async function planNow(run: Run, loaded: LoadedPaths): Promise<InForce> {
  const { rules, journal, spare } = loaded;
  const isMoving = isJournalled(journal);
  const laid = isMoving ? laidFolder(rules, spare) : unnotedFolder(loaded);
  const next = laid && readCache(join(laid, 'ruleset.nft'));
  if (laid && next && isMovedTo(next, await readTable(run))) return readOrSay(rules, laid);
  if (!isMoving && hasLostRules(loaded)) {
    throw new Failure(
      `the rules in force are gone from ${rules}, and the kernel holds what was loaded: who is shaped cannot be told`,
      'virt-shaper sync makes them anew, by the saved configuration',
      undefined,
      'damaged',
    );
  }
  return planInForce(rules);
}

/** Whether this installation has loaded rules whose files are gone. */
export function hasLostRules({
  rules,
  owner,
  unloaded,
}: Pick<LoadedPaths, 'rules' | 'owner' | 'unloaded'>): boolean {
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
    `${repair} writes it`,
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
    // An error of permission has its own hint; only a damaged file gets this one.
    if (!isDamaged(error)) throw error;
    throw new Failure((error as Failure).message, `${repair} writes it anew`, undefined, 'damaged');
  }
}

/** Reads the counters, then waits. @param interval milliseconds from the beginning of this reading to that of the next */
async function readEarlier(run: Run, devices: string[], interval: number): Promise<ByteReadings> {
  const began = milliseconds();
  const counted = await readByteCounts(run, devices);
  await pause(Math.max(0, began + interval - milliseconds()));
  return counted;
}
