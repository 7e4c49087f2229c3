// A rate with its steps and cuts, as --json prints it: the times as everywhere there.
import { stepAsData } from '../for-now.ts';
import type { ExplainedRate } from './values.ts';

export function rateAsData({ steps, cuts, ...rate }: ExplainedRate): object {
  return {
    ...rate,
    steps: steps.map(stepAsData),
    cuts: cuts.map(({ step, usual: _, ...cut }) => ({ ...cut, ...(step ? { step: stepAsData(step) } : {}) })),
  };
}
