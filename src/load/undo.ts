// The rollback of a failed load: a transaction back to the state that was read before. It begins by reading the kernel, so
// that it does not matter how much of its work the failed command has done.
import { join } from 'node:path';
import { commandsOf } from '../diff/command-lines.ts';
import { compare } from '../diff/compare.ts';
import { reachable } from '../diff/obstacles.ts';
import { type Phase, planPhases } from '../diff/phases.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import { clearJournal } from '../store/journal.ts';
import { Failure } from '../system/errors.ts';
import { writeWhole } from '../system/files.ts';
import { apply } from './apply.ts';
import type { Site } from './context.ts';
import { readState } from './read-state.ts';

/** The rollback failed too, so that it is not known which rules are in force. */
export class NotUndone extends Failure {}

/** Up to so many commands are printed for an administrator to type; with more, the message says to load again. */
const most = 40;

/**
 * @param record the fingerprint of the table before the load
 * @throws NotUndone
 */
export async function undo(
  site: Site,
  before: KernelState,
  record: string | undefined,
  cause: unknown,
): Promise<void> {
  let left: Phase[] = [];
  try {
    left = wayBack(await readState(site, { expected: before }), before);
    const { committed } = await apply(site, left);
    // Where an uplink is gone meanwhile, its elements are left out of the former table.
    left = wayBack(await readState(site, { expected: before, committed }), before);
    if (left.length > 0) throw new Failure('the kernel is not as it was');
    if (record !== undefined) writeWhole(site.listing, record, 0o600);
    clearJournal(site.journal);
  } catch (error) {
    const there = { path: join(site.rules, 'good/ruleset.nft'), ruleset: before.ruleset };
    const commands = commandsOf(left, there).map(({ command }) => command);
    throw new NotUndone(
      `${(cause as Error).message}; and it could not be undone: ${(error as Error).message}`,
      adviceWith(commands),
      cause instanceof Failure ? cause.place : undefined,
    );
  }
}

/** @param commands that would do what could not be done */
export function adviceWith(commands: string[]): string {
  const again = 'try again with virt-shaper sync --in-force; virt-shaper unload takes everything out';
  if (commands.length === 0 || commands.length > most) return again;
  return ['by hand:', ...commands, `or ${again}`].join('\n');
}

function wayBack(now: KernelState, before: State): Phase[] {
  const { wanted } = reachable(now, before);
  return planPhases(compare(now, wanted, true), now, wanted);
}
