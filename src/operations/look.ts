// What the commands that only look have in common: the screen they write to, the names they are asked for, and
// words for those who may not look. They take no lock: a load that hangs is when one wants to look most.

import { matchesName } from '../config/pattern.ts';
import { type Asked, readAsked } from '../observe/freshness.ts';
import type { GuestRow } from '../observe/guests.ts';
import type { ClassInUse, TreeInUse, UplinkInUse } from '../observe/in-use.ts';
import { type InUse, readInUse } from '../observe/read-in-use.ts';
import { readUnclaimed } from '../observe/read-unclaimed.ts';
import { asRoot } from '../system/as-root.ts';
import { Failure } from '../system/errors.ts';
import { makeRun } from '../system/exec.ts';
import { nearest } from '../system/nearest.ts';
import { label } from '../text/label.ts';
import type { Screen } from '../text/table.ts';
import { both } from '../units/units.ts';
import { type Context, seconds } from './context.ts';

/**
 * Seconds, as in top. Over less, a class that holds its ceil may show above it: what waits for the CPU, and a burst,
 * count then as speed.
 */
export const usualInterval = '1';

/** @param interval seconds to take the speeds over, as text of the command line; 0 shows none */
export async function look(context: Context, interval: string): Promise<{ inUse: InUse; asked: Asked }> {
  const milliseconds = seconds('--interval', interval) * 1000;
  // The files are read while the kernel is asked.
  const [inUse, asked] = await Promise.all([observe(context, milliseconds), readAsked(context.paths)]);
  if (asked.loaded) return { inUse, asked };
  const run = makeRun({ timeout: context.timeout * 1000 });
  return { inUse, asked: { ...asked, unclaimed: await readUnclaimed(run, context.paths.owner) } };
}

/** What is in force and passed now. @param interval milliseconds to take the speeds over; 0 for none */
export async function observe(context: Context, interval = 0): Promise<InUse> {
  try {
    return await readInUse(
      makeRun({ timeout: context.timeout * 1000 }),
      context.paths,
      interval || undefined,
    );
  } catch (error) {
    const denied = error instanceof Failure && !error.hint && process.getuid?.() !== 0;
    throw denied ? new Failure(error.message, asRoot(), error.place) : error;
  }
}

/** A terminal's own width; elsewhere what COLUMNS says, as under watch(1), or any. */
export function screenOf({ stdout, env }: NodeJS.Process): Screen {
  const columns = stdout.isTTY ? stdout.columns : Number(env.COLUMNS);
  const width = columns > 0 ? { width: columns } : {};
  return { ...width, colours: stdout.isTTY === true && stdout.hasColors() };
}

/**
 * @param names of guests or groups, with `*` and `?` as in the configuration; none means all
 * @throws Failure when one of them is no guest, group or uplink
 */
export function select(rows: GuestRow[], names: string[]): GuestRow[] {
  if (names.length === 0) return rows;
  const known = new Set(rows.flatMap(({ guest, group }) => [guest, group ?? guest]));
  for (const name of names) {
    if ([...known].some((one) => matchesName(name, one))) continue;
    const meant = nearest(name, known);
    throw new Failure(
      `there is no guest or group ${label(name)} in force`,
      meant === undefined ? 'virt-shaper status shows all' : `did you mean ${label(meant)}?`,
    );
  }
  return rows.filter(({ guest, group }) =>
    names.some((name) => matchesName(name, guest) || (group !== undefined && matchesName(name, group))),
  );
}

/** Of each tree the groups and guests of these names, a group with all of its members; uplinks without any are left out. */
export function selectBranches(uplinks: UplinkInUse[], names: string[]): UplinkInUse[] {
  if (names.length === 0) return uplinks;
  const isMeant = ({ name }: ClassInUse) => names.some((one) => matchesName(one, name));
  const branches = (tree: TreeInUse): TreeInUse => ({
    ...tree,
    groups: tree.groups.flatMap(({ group, guests }) => {
      const shown = isMeant(group) ? guests : guests.filter(isMeant);
      return isMeant(group) || shown.length > 0 ? [{ group, guests: shown }] : [];
    }),
    guests: tree.guests.filter(isMeant),
  });
  return uplinks
    .map((uplink) => ({ ...uplink, trees: both((way) => branches(uplink.trees[way])) }))
    .filter(({ trees }) => trees.out.groups.length + trees.out.guests.length > 0);
}
