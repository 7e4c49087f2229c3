// Runs the phases of a transaction, one after another.
import { join } from 'node:path';
import type { Phase } from '../diff/phases.ts';
import type { Step } from '../diff/steps.ts';
import { type Ruleset, runNft } from '../kernel/nft/run.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import { writeWhole } from '../system/files.ts';
import { runSteps } from './batch.ts';
import type { Site } from './context.ts';
import { readState, readTable } from './read-state.ts';

/** Call it while nobody lists the table (load.ts). @throws Failure when nft would refuse it */
export function checkRuleset({ run, rules }: Site, text: string): Promise<void> {
  return runNft(run, ['-c'], { text, shown: join(rules, 'ruleset.nft') });
}

/** Into the journal: from there nft reads it to its end, even if we are killed. */
export function writeRuleset({ journal, rules }: Site, text: string): Ruleset {
  const file = join(journal, 'commit.nft');
  writeWhole(file, text, 0o600);
  return { text, file, shown: join(rules, 'ruleset.nft') };
}

export interface Applied {
  lost: Step[];
  /** The kernel's state, which is being read already. */
  reading?: Promise<KernelState>;
  /** What nft was given last. */
  committed?: string;
}

interface Ahead {
  /** What it leads to, where that is to be read back. */
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
      // The moment at which traffic moves over.
      const moved = runNft(site.run, [], writeRuleset(site, committed));
      if (expected && index === phases.length - 1) {
        // tc has done its part, so it can say meanwhile what became of it.
        const table = moved.then(() => readTable(site.run));
        applied.reading = readState(site, { expected, committed, table });
        applied.reading.catch(() => {});
      }
      try {
        if (index === last) whileMoving?.();
        await moved;
      } catch (error) {
        await moved.catch(() => {}); // What is taken back must have been done.
        await applied.reading?.catch(() => {}); // Else it would read a state that is just being rolled back.
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
