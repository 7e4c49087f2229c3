// The plan that the rules in force were rendered from, stored beside them as JSON. Views take names, groups and reasons from
// it, so they need not read the configuration again; figures they read from the kernel.
import { join } from 'node:path';
import type { Guest } from '../guests/guest.ts';
import type { LimitPlan, Plan, UplinkPlan } from '../plan/plan.ts';
import type { Allowance } from '../policy/allowances.ts';
import type { MomentSubject, OverrideKey } from '../policy/moment/moment.ts';
import type { Policy, Unshaped } from '../policy/policy.ts';
import { Failure } from '../system/errors.ts';
import { isThere, readJson } from '../system/files.ts';
import type { Direction } from '../units/units.ts';
import { type Companions, planFile } from './in-force-rules.ts';

/** What stands in the way of an uplink's tree, and what that costs. */
export interface Obstacle {
  uplink: string;
  /** The directions in which its guests are not shaped. */
  directions: Direction[];
  /** A sentence for people that names no guests. */
  reason: string;
  /** What to do about it. */
  hint: string;
  /** The guests behind this uplink that are not shaped, and their taps. */
  guests: { guest: string; tap: string }[];
  /**
   * Present when the kernel refused to change (tree) or to delete (leftover) a tree. Guests who are in that tree stay
   * shaped by it; `guests` has the others.
   */
  refused?: 'tree' | 'leftover';
}

export interface InForce {
  version: 1;
  uplinks: UplinkPlan[];
  /** Guests, or single NICs, that the policy could not shape, each with its reason. */
  unshaped: Unshaped[];
  /** Warnings of the policy, such as that guarantees were scaled down. */
  warnings: string[];
  /** Warnings about the configuration, a line each; absent where there were none. */
  configuration?: string[];
  /** Limits inside the host; absent where no guest has one. */
  limits?: LimitPlan[];
  /** Volumes and credit; absent where nobody has any. */
  allowances?: Allowance[];
  /** The overrides of administrators that it counts, of guests that do not run, too; absent where there are none. */
  overrides?: OverrideKey[];
  /** What stood in the way of an uplink when this was loaded; absent when nothing did. */
  obstacles?: Obstacle[];
}

/** What is stored beside the plan. */
export interface Besides {
  /** Warnings about the configuration, a line each. */
  about?: string[];
  allowances?: Allowance[];
  overrides?: OverrideKey[];
}

export function inForceText(
  { plan, policy }: { plan: Plan; policy: Policy },
  { about = [], allowances = [], overrides = [] }: Besides = {},
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
    ...(overrides.length > 0 ? { overrides } : {}),
  };
  return inLines(inForce);
}

/** Begins a line at each class, tap and guest: a guest's start then changes a few lines of thousands (part/splice.ts). */
function inLines(inForce: InForce): string {
  // Cannot match inside a JSON string: there each quote has a backslash before it.
  return `${JSON.stringify(inForce).replace(/\{"(?:kind|name|guest|group)":/g, '\n$&')}\n`;
}

/** Adds to the stored plan the uplinks that the load had to leave out. */
export function withPlanObstacles(companions: Companions, obstacles: Obstacle[]): Companions {
  const text = companions.get(planFile);
  if (text === undefined || obstacles.length === 0) return companions;
  return new Map(companions).set(planFile, inLines({ ...JSON.parse(text), obstacles }));
}

/**
 * @param rules the folder of the rules
 * @param folder of the rules in force
 * @returns a plan without uplinks when nothing is loaded
 * @throws Failure when it is of another version
 */
export function readInForce(rules: string, folder = join(rules, 'good')): InForce {
  return readPlan(join(folder, planFile));
}

/** The plan that was rendered last, loaded or not. @returns undefined where it is absent or cannot be read */
export function readRenderedPlan(rules: string): InForce | undefined {
  const file = join(rules, planFile);
  try {
    return isThere(file) ? readPlan(file) : undefined;
  } catch {
    return undefined; // The rules can be loaded without it.
  }
}

function readPlan(file: string): InForce {
  const nothing: InForce = { version: 1, uplinks: [], unshaped: [], warnings: [] };
  const inForce = readJson(file, nothing);
  if (inForce.uplinks.every(isUplink)) return inForce;
  throw new Failure(`${file} is damaged`, 'virt-shaper sync --in-force makes it anew', undefined, 'damaged');
}

/** Checks the fields whose absence would make a view throw. */
function isUplink(uplink: Partial<UplinkPlan> | null): boolean {
  const { out, in: receiving } = uplink?.trees ?? {};
  const trees = [out, receiving].every((tree) => Array.isArray(tree?.groups));
  return trees && Array.isArray(uplink?.taps) && Array.isArray(uplink?.ports);
}

/** Whether the plan shapes each NIC of the guest or gives a reason why not. */
export function hasGuest(inForce: InForce, guest: Guest): boolean {
  return guestsWithout(inForce, [guest]).length === 0;
}

/** The guests with a NIC that the plan neither shapes nor gives a reason for. */
export function guestsWithout({ uplinks, unshaped }: InForce, guests: Guest[]): Guest[] {
  const key = (guest: string, tap: string) => `${tap} ${guest}`; // No device's name has a blank.
  const shaped = new Set(uplinks.flatMap(({ taps }) => taps.map((tap) => key(tap.guest, tap.name))));
  const told = (name: string, tap: string) =>
    unshaped.some((one) => one.guest === name && (one.tap ?? tap) === tap);
  return guests.filter(
    ({ name, nics }) => !nics.every(({ tap }) => shaped.has(key(name, tap)) || told(name, tap)),
  );
}

/** As readInForce, for callers that can do without it. @returns undefined when it cannot be read */
export function tryInForce(rules: string): InForce | undefined {
  try {
    return readInForce(rules);
  } catch {
    return undefined;
  }
}

/** Whether the plan has classes of that guest, group or uplink. */
export function hasSubject({ uplinks }: InForce, { kind, name }: MomentSubject): boolean {
  if (kind === 'unmarked') return uplinks.some((uplink) => uplink.name === name);
  return uplinks.some(({ trees: { out } }) =>
    kind === 'group'
      ? out.groups.some(({ group }) => group.name === name)
      : [...out.guests, ...out.groups.flatMap(({ guests }) => guests)].some((guest) => guest.name === name),
  );
}
