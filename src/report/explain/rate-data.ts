// A rate with its steps and cuts, as --json prints it: the times as everywhere there.
import type { Step } from '../../policy/moment.ts';
import type { ExplainedRate } from './values.ts';

export function rateAsData({ steps, cuts, ...rate }: ExplainedRate): object {
  return {
    ...rate,
    steps: steps.map(stepAsData),
    cuts: cuts.map(({ step, usual: _, ...cut }) => ({ ...cut, ...(step ? { step: stepAsData(step) } : {}) })),
  };
}

function stepAsData({ until, set, ...step }: Step): object {
  return {
    ...step,
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    ...(set ? { set: { ...set, since: new Date(set.since).toISOString() } } : {}),
  };
}
