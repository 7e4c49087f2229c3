// Incremental rendering for the start or end of a few among many guests: only the lines that differ are rendered, and spliced into
// the rules in force.

import { join } from 'node:path';
import { basisLines, basisOf } from '../part/basis.ts';
import { generatePart, type Part } from '../part/generate-part.ts';
import { splice } from '../part/splice.ts';
import type { Inputs, Outputs } from '../pipeline.ts';
import { allowancesOf } from '../policy/allowances.ts';
import { overrideKeys } from '../policy/moment/moment.ts';
import { areOwn } from '../render/compile.ts';
import type { Rules } from '../render/render.ts';
import { inForceText } from '../store/in-force-plan.ts';
import { type Companions, planFile, sourceFile } from '../store/in-force-rules.ts';
import { madeFromBody, readMadeFrom } from '../store/made-from.ts';
import type { Paths } from '../store/paths.ts';
import { ConfigError, Failure } from '../system/errors.ts';
import { readCache } from '../system/files.ts';

interface Made extends Outputs {
  inputs: Inputs;
  companions: Companions;
  about: string[];
  part: Part;
}

/**
 * An error of the incremental run, such as an id that is taken, is dropped: the full run succeeds or reports it.
 * @param good the rules in force
 * @param snapshot of the configuration, @param about its warnings, as lines
 * @returns nothing where a full run is needed
 */
export function makePart(...given: Parameters<typeof tryPart>): Made | undefined {
  try {
    return tryPart(...given);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof ConfigError)) throw error;
    return undefined;
  }
}

function tryPart(
  paths: Paths,
  good: Rules,
  inputs: Inputs,
  snapshot: string,
  about: string[],
): Made | undefined {
  const former = areOwn(inputs.templates) ? readMadeFrom(paths, snapshot) : undefined;
  const part = former && generatePart({ ...former, rules: good }, inputs);
  const text = part && readCache(join(paths.rules, 'good', planFile));
  if (!part || text === undefined) return undefined;
  const [before, after] = [part.before, part.now].map((outputs) => planText(inputs, outputs, about));
  const plan = splice(text, before ?? '', after ?? '');
  if (plan === undefined) return undefined;
  const { rules, chosen, now } = part;
  const companions = new Map([
    [sourceFile, snapshot],
    [planFile, plan],
  ]);
  return { policy: now.policy, plan: now.plan, rules, chosen, inputs, companions, about, part };
}

/** The plan as it is stored beside the rules. @param about the warnings of the configuration, as lines */
export function planText({ config, moment }: Inputs, outputs: Outputs, about: string[]): string {
  const allowances = allowancesOf(config, outputs.policy);
  return inForceText(outputs, { about, allowances, overrides: overrideKeys(moment) });
}

/** What the next start will want to know of this one; nothing where it has to make all anew. */
export function madeFromOf({
  inputs,
  part,
  ...outputs
}: Omit<Made, 'part' | 'about' | 'companions'> & { part?: Part }): Buffer | undefined {
  const lines = part?.lines ?? basisLines(inputs);
  const basis = part?.basis ?? basisOf(outputs);
  return lines && basis && madeFromBody(lines, basis);
}
