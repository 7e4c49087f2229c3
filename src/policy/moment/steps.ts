// Computes the steps of a value at a moment: time window, credit, used-up quota, override. Each applies to the result of the one
// before; the last one's result counts.
import type { Boost, Quota, Window } from '../../config/config.ts';
import type { Direction } from '../../units/units.ts';
import { limitSteps, type Moment, type MomentStep, type MomentSubject } from './moment.ts';
import { isUsedUp, quotaAt } from './quotas.ts';
import { holdingAt } from './windows.ts';

/** The parts of an entry that change its values for a time. */
export interface TimedEntry {
  when?: Window[];
  /** Whether a window may not raise the value, since the guest's own metadata asked for it. */
  neverRaises?: boolean;
  quota?: Quota;
  boost?: Boost;
}

/** @param value bits per second, without steps */
export function stepsOf(
  moment: Moment,
  subject: MomentSubject,
  changing: TimedEntry,
  key: 'rate' | 'ceil',
  direction: Direction,
  value: number,
): MomentStep[] {
  const steps: MomentStep[] = [];
  for (const make of [windowStep, boostStep, quotaStep]) {
    const step = make({ moment, subject, changing, key, direction, value: steps.at(-1)?.to ?? value });
    if (step) steps.push(step);
  }
  return [...steps, ...limitSteps(moment, subject, key, direction)];
}

interface Asked {
  moment: Moment;
  subject: MomentSubject;
  changing: TimedEntry;
  key: 'rate' | 'ceil';
  direction: Direction;
  /** The value before this step, in bits per second. */
  value: number;
}

function windowStep({ moment, changing, key, direction, value }: Asked): MomentStep | undefined {
  if (!changing.when) return undefined;
  const { window, until } = holdingAt(changing.when, moment.now);
  const setting = window?.[key]?.[direction];
  if (!setting || (changing.neverRaises && setting.value >= value)) return undefined;
  return {
    by: 'window',
    to: setting.value,
    ...(setting.at ? { at: setting.at } : {}),
    ...(until === undefined ? {} : { until }),
  };
}

/** Credit raises the ceil only; its end is not known in advance, since it depends on the guest's use. */
function boostStep({ moment, subject, changing, key, direction, value }: Asked): MomentStep | undefined {
  const setting = changing.boost?.ceil[direction];
  if (!setting || key !== 'ceil' || setting.value <= value) return undefined;
  if (!moment.credit?.(subject.name, direction)?.isOn) return undefined;
  return { by: 'boost', to: setting.value, ...(setting.at ? { at: setting.at } : {}) };
}

function quotaStep({ moment, subject, changing, key, direction, value }: Asked): MomentStep | undefined {
  const setting = changing.quota?.then[key]?.[direction];
  const { used } = moment;
  if (!changing.quota || !setting || !used || setting.value >= value) return undefined;
  const use = quotaAt(changing.quota, (period) => used(subject, period), moment.now);
  const until = isUsedUp(use) ? use.end : moment.held?.(subject, use);
  if (until === undefined) return undefined;
  return { by: 'quota', to: setting.value, ...(setting.at ? { at: setting.at } : {}), until };
}
