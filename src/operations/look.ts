// Shared by the read-only commands: the screen, the selection by name, and the error for users without permission. They take no
// lock, since they are needed most while a load hangs.

import { matchesName } from '../config/pattern.ts';
import { type Freshness, readFreshness } from '../observe/freshness.ts';
import type { GuestRow } from '../observe/guests.ts';
import type { ClassInUse, TreeInUse, UplinkInUse } from '../observe/in-use.ts';
import { type InUse, readInUse } from '../observe/read-in-use.ts';
import { readUnclaimed } from '../observe/read-unclaimed.ts';
import { asRoot } from '../system/as-root.ts';
import { Failure } from '../system/errors.ts';
import { makeRun } from '../system/exec.ts';
import { label } from '../text/label.ts';
import type { Screen } from '../text/table.ts';
import { nearest } from '../units/nearest.ts';
import { both } from '../units/units.ts';
import { type Context, seconds } from './context.ts';

/**
 * In seconds, as in top. Over less, a class at its ceil may appear to exceed it, by its burst and by packets that were delayed by a
 * busy CPU.
 */
export const usualInterval = '1';

/** @param interval seconds over which speeds are measured, as text of the command line; 0 for none */
export async function look(context: Context, interval: string): Promise<{ inUse: InUse; asked: Freshness }> {
  const milliseconds = seconds('--interval', interval) * 1000;
  // The files are read while tc and nft run.
  const [inUse, asked] = await Promise.all([observe(context, milliseconds), readFreshness(context.paths)]);
  if (asked.loaded) return { inUse, asked };
  const run = makeRun({ timeout: context.timeout * 1000 });
  return { inUse, asked: { ...asked, unclaimed: await readUnclaimed(run, context.paths.owner) } };
}

/** Reads what is in force and its traffic. @param interval milliseconds over which speeds are measured; 0 for none */
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

/** The width of the terminal; elsewhere that of COLUMNS, as under watch(1), or unlimited. */
export function screenOf({ stdout, env }: NodeJS.Process): Screen {
  const columns = stdout.isTTY ? stdout.columns : Number(env.COLUMNS);
  const width = columns > 0 ? { width: columns } : {};
  return { ...width, colours: stdout.isTTY === true && stdout.hasColors() };
}

/**
 * @param names guests or groups, with `*` and `?` as in the configuration; none means all
 * @throws Failure when one of them matches no guest or group
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

/** The trees with only the groups and guests of these names, a group with all of its members; uplinks without any are left out. */
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
