// Runs the phases of a transaction, one after another.
import { join } from 'node:path';
import type { Phase } from '../diff/phases.ts';
import type { Step } from '../diff/steps.ts';
import { type NftInput, runNft } from '../kernel/nft/run.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import { writeWhole } from '../system/files.ts';
import { runSteps } from './batch.ts';
import type { Site } from './context.ts';
import { readState, readTable } from './read-state.ts';

/** Call it only while no nft lists the table (prefetch.ts says why). @throws Failure when nft would refuse the ruleset */
export function checkRuleset({ run, rules }: Site, text: string): Promise<void> {
  return runNft(run, ['-c'], { text, shown: join(rules, 'ruleset.nft') });
}

/** Writes the ruleset to the journal, so that nft can read all of it even if virt-shaper is killed. */
export function writeRuleset({ journal, rules }: Site, text: string): NftInput {
  const file = join(journal, 'commit.nft');
  writeWhole(file, text, 0o600);
  return { text, file, shown: join(rules, 'ruleset.nft') };
}

export interface Applied {
  lost: Step[];
  /** The kernel's state after the load, where reading it has begun. */
  reading?: Promise<KernelState>;
  /** The ruleset that nft committed last. */
  committed?: string;
}

interface Ahead {
  /** The state after the phases, where that is to be read back. */
  expected?: State;
  whileMoving?: (() => void) | undefined;
}

export async function apply(
  site: Site,
  phases: Phase[],
  { expected, whileMoving }: Ahead = {},
): Promise<Applied> {
  const applied: Applied = { lost: [] };
  const last = phases.findLastIndex(({ name }) => name === 'commit');
  for (const [index, phase] of phases.entries()) {
    site.progress?.(describe(phase));
    if (phase.name === 'commit') {
      const committed = phase.ruleset;
      // The moment from which frames go to the new classes.
      const moved = runNft(site.run, [], writeRuleset(site, committed));
      if (expected && index === phases.length - 1) {
        // tc has no more steps, so its objects can be read back while nft commits.
        const table = moved.then(() => readTable(site.run));
        applied.reading = readState(site, { expected, committed, table });
        applied.reading.catch(() => {});
      }
      try {
        if (index === last) whileMoving?.();
        await moved;
      } catch (error) {
        await moved.catch(() => {}); // The rollback must not begin before nft has ended.
        await applied.reading?.catch(() => {}); // Otherwise it would read in the middle of the rollback.
        throw error;
      }
      applied.committed = committed;
    } else applied.lost.push(...(await runSteps(site, `${index}-${phase.name}`, phase.steps)));
  }
  return applied;
}

function describe(phase: Phase): string {
  if (phase.name === 'commit') return 'moving traffic over ...';
  return `${phase.name}: ${phase.steps.length} lines of tc and ip ...`;
}
