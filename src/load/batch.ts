// Runs steps as one tc -batch or ip -batch. Neither is atomic: each stops at the first line that fails,
// keeps the lines above it and says which it was.
import { Failure } from '../errors.ts';
import { run } from '../exec.ts';
import type { Step } from './difference.ts';

/**
 * @param where the folder of the rules, for messages
 * @returns what a tap that vanished meanwhile cost: its own steps, no other guest's
 * @throws Failure at the first step that fails otherwise; those before it are done
 */
export async function runSteps(steps: Step[], where: string): Promise<Step[]> {
  const lost: Step[] = [];
  let rest = steps;
  while (rest.length > 0) {
    const tool = rest[0]?.tool ?? 'tc';
    const end = rest.findIndex((step) => step.tool !== tool);
    const batch = end < 0 ? rest : rest.slice(0, end);
    const failed = await runBatch(tool, batch);
    if (!failed) {
      rest = rest.slice(batch.length);
      continue;
    }
    const step = batch[failed.index];
    if (!step || !isVanishedTap(step, failed.message)) throw refused(tool, step, failed.message, where);
    lost.push(step);
    rest = rest.slice(failed.index + 1);
  }
  return lost;
}

async function runBatch(
  tool: 'ip' | 'tc',
  batch: Step[],
): Promise<{ index: number; message: string } | undefined> {
  const input = batch.map((step) => `${step.line}\n`).join('');
  const outcome = await run(tool, ['-batch', '-'], { input });
  // tc warns with status 0 ("quantum of class X is big"); we set what it warns about, so it is a failure too.
  if (outcome.status === 0 && outcome.stderr === '') return undefined;
  const line = outcome.stderr.match(/Command failed -:(\d+)/)?.[1];
  const message = outcome.stderr
    .replace(/Command failed -:\d+\s*/, '')
    .trim()
    .replaceAll('\n', ' ');
  return { index: line ? Number(line) - 1 : 0, message: message || `ended with status ${outcome.status}` };
}

function isVanishedTap({ object }: Step, message: string): boolean {
  const onTap = object?.kind === 'filter' || object?.kind === 'clsact';
  return onTap && (message.includes('Cannot find device') || message.includes('No such device'));
}

function refused(tool: string, step: Step | undefined, message: string, where: string): Failure {
  const at = step?.object?.at ? `${where}/shape.tc:${step.object.at}: ` : '';
  const whose = step?.object?.subject ? `${step.object.subject}: ` : '';
  return new Failure(`${at}${whose}${tool} refused: ${message}\n    ${step?.line ?? ''}`);
}
