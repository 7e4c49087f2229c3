// The fewest steps before a failure that still bring it about, by running its seed's last steps again on a new host.
import type { Step } from './run.ts';
import { Workers } from './workers.ts';

/** Failures of one kind are likely one failure. */
const each = 1;

/** Milliseconds for all of them together. */
const patience = 300_000;

/** @param say is given a line for each kind of action that failed */
export async function shorten(failures: Step[], say: (line: string) => void): Promise<void> {
  const began = Date.now();
  const tried = new Map<string, number>();
  for (const failure of failures) {
    const times = tried.get(failure.kind) ?? 0;
    if (times >= each || Date.now() - began > patience) continue;
    tried.set(failure.kind, times + 1);
    const { seed, index } = failure;
    const from = await firstNeeded(failure);
    const steps = from === undefined ? `--seeds 1 --actions ${index + 1}` : `--steps ${from}-${index}`;
    say(`${failure.kind} again: npm run test:chaos -- --seed ${seed} ${steps}`);
  }
}

/** @returns the step to begin with; nothing where all before it were needed */
async function firstNeeded({ seed, index, kind }: Step): Promise<number | undefined> {
  for (const before of [0, 1, 2, 4, 8]) {
    const from = index - before;
    if (from < 0) return undefined;
    const indexes = Array.from({ length: before + 1 }, (_, at) => from + at);
    let failed = false;
    const workers = new Workers(1, (step) => {
      if (step.index === index && step.kind === kind && step.problems.length > 0) failed = true;
    });
    let given = false;
    await workers.work(() => {
      if (given) return undefined;
      given = true;
      return { seed, indexes };
    });
    if (failed) return from;
  }
  return undefined;
}
