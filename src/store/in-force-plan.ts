// The plan whose rules are in force, kept beside them as data: names, groups and reasons for those who show
// the state of things, without reading the configuration again. Figures that count are the kernel's own.
import { join } from 'node:path';
import type { Guest } from '../guests/guest.ts';
import type { LimitPlan, Plan, UplinkPlan } from '../plan/plan.ts';
import type { Allowance } from '../policy/allowances.ts';
import type { Policy, Unshaped } from '../policy/policy.ts';
import { Failure } from '../system/errors.ts';
import { isThere, readJson } from '../system/files.ts';
import type { Direction } from '../units/units.ts';
import { type Companions, planFile } from './in-force-rules.ts';

/** What stands in the way of an uplink's tree, and what that costs. */
export interface Obstacle {
  uplink: string;
  /** What of its guests' traffic is not shaped. */
  directions: Direction[];
  /** In words, without the guests. */
  reason: string;
  /** What to do about it. */
  hint: string;
  /** The guests behind it, and their taps. */
  guests: { guest: string; tap: string }[];
  /** What the kernel would not change or take out stays, with the guests that are in it: `guests` are the others. */
  refused?: 'tree' | 'leftover';
}

export interface InForce {
  version: 1;
  uplinks: UplinkPlan[];
  /** Guests, or single NICs, that do not get what they would have. */
  unshaped: Unshaped[];
  /** Sentences of the policy, such as guarantees scaled down. */
  warnings: string[];
  /** What the configuration that it came from was warned of, a line each; absent where there was nothing. */
  configuration?: string[];
  /** Limits inside the host; absent where no guest has one. */
  limits?: LimitPlan[];
  /** Volumes and credit; absent where nobody has any. */
  allowances?: Allowance[];
  /** What stood in the way of an uplink when this was loaded; absent when nothing did. */
  obstacles?: Obstacle[];
}

/** @param about what the configuration was warned of, as lines */
export function inForceText(
  { plan, policy }: { plan: Plan; policy: Policy },
  about: string[] = [],
  allowances: Allowance[] = [],
): string {
  const { unshaped, warnings } = policy;
  const { guests } = plan.limits;
  const limits = guests.length > 0 ? { limits: guests } : {};
  const configuration = about.length > 0 ? { configuration: about } : {};
  const inForce: InForce = {
    version: 1,
    uplinks: plan.uplinks,
    unshaped,
    warnings,
    ...configuration,
    ...limits,
    ...(allowances.length > 0 ? { allowances } : {}),
  };
  return inLines(inForce);
}

/** A line for each class, tap and guest: what comes and goes of a thousand is told by its lines (part/splice.ts). */
function inLines(inForce: InForce): string {
  // Within a string each quote has a backslash before it.
  return `${JSON.stringify(inForce).replace(/\{"(?:kind|name|guest|group)":/g, '\n$&')}\n`;
}

/** What is kept of rules that were loaded without some of their uplinks says so. */
export function withPlanObstacles(companions: Companions, obstacles: Obstacle[]): Companions {
  const text = companions.get(planFile);
  if (text === undefined || obstacles.length === 0) return companions;
  return new Map(companions).set(planFile, inLines({ ...JSON.parse(text), obstacles }));
}

/**
 * @param rules the folder of the rules
 * @param folder that has those in force
 * @returns nothing in it when nothing is loaded
 * @throws Failure when it is of another version
 */
export function readInForce(rules: string, folder = join(rules, 'good')): InForce {
  return readPlan(join(folder, planFile));
}

/** Of what was rendered last, loaded or not. @returns nothing where it is not there, or cannot be read */
export function readRenderedPlan(rules: string): InForce | undefined {
  const file = join(rules, planFile);
  try {
    return isThere(file) ? readPlan(file) : undefined;
  } catch {
    return undefined; // The rules count without it.
  }
}

function readPlan(file: string): InForce {
  const nothing: InForce = { version: 1, uplinks: [], unshaped: [], warnings: [] };
  const inForce = readJson(file, nothing);
  if (inForce.uplinks.every(isUplink)) return inForce;
  throw new Failure(`${file} is damaged`, 'virt-shaper apply makes it anew', undefined, 'damaged');
}

/** As far as those who show it could fall over it. */
function isUplink(uplink: Partial<UplinkPlan> | null): boolean {
  const { out, in: receiving } = uplink?.trees ?? {};
  const trees = [out, receiving].every((tree) => Array.isArray(tree?.groups));
  return trees && Array.isArray(uplink?.taps) && Array.isArray(uplink?.ports);
}

/** Whether it has each of a guest's NICs, or says why not. */
export function hasGuest(inForce: InForce, guest: Guest): boolean {
  return guestsWithout(inForce, [guest]).length === 0;
}

/** Those of whom it has not each NIC, nor says why. */
export function guestsWithout({ uplinks, unshaped }: InForce, guests: Guest[]): Guest[] {
  const key = (guest: string, tap: string) => `${tap} ${guest}`; // No device's name has a blank.
  const shaped = new Set(uplinks.flatMap(({ taps }) => taps.map((tap) => key(tap.guest, tap.name))));
  const told = (name: string, tap: string) =>
    unshaped.some((one) => one.guest === name && (one.tap ?? tap) === tap);
  return guests.filter(
    ({ name, nics }) => !nics.every(({ tap }) => shaped.has(key(name, tap)) || told(name, tap)),
  );
}

/** The same, or nothing when it cannot be read: for what goes on without it. */
export function tryInForce(rules: string): InForce | undefined {
  try {
    return readInForce(rules);
  } catch {
    return undefined;
  }
}
