// What makes a value another one at a moment than it is otherwise: the window of the clock, credit, a quota that is used up,
// what an administrator has set. Each goes on from where the one before it left off; the last counts.
import type { Boost, Quota, Window } from '../../config/config.ts';
import type { Direction } from '../../units/units.ts';
import { limitSteps, type Moment, type Step, type Subject } from './moment.ts';
import { isUsedUp, quotaAt } from './quotas.ts';
import { holdingAt } from './windows.ts';

/** What an entry says of other times. */
export interface Changing {
  when?: Window[];
  /** A window raises nothing: a guest's own metadata asks for the value. */
  neverRaises?: boolean;
  quota?: Quota;
  boost?: Boost;
}

/** @param value bits per second, otherwise */
export function stepsOf(
  moment: Moment,
  subject: Subject,
  changing: Changing,
  key: 'rate' | 'ceil',
  direction: Direction,
  value: number,
): Step[] {
  const steps: Step[] = [];
  for (const make of [windowStep, boostStep, quotaStep]) {
    const step = make({ moment, subject, changing, key, direction, value: steps.at(-1)?.to ?? value });
    if (step) steps.push(step);
  }
  return [...steps, ...limitSteps(moment, subject, key, direction)];
}

interface Asked {
  moment: Moment;
  subject: Subject;
  changing: Changing;
  key: 'rate' | 'ceil';
  direction: Direction;
  /** Bits per second, without this step. */
  value: number;
}

function windowStep({ moment, changing, key, direction, value }: Asked): Step | undefined {
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

/** For its ceil only, and until nobody knows when: that depends on what the guest does. */
function boostStep({ moment, subject, changing, key, direction, value }: Asked): Step | undefined {
  const setting = changing.boost?.ceil[direction];
  if (!setting || key !== 'ceil' || setting.value <= value) return undefined;
  if (!moment.credit?.(subject.name, direction)?.isOn) return undefined;
  return { by: 'boost', to: setting.value, ...(setting.at ? { at: setting.at } : {}) };
}

function quotaStep({ moment, subject, changing, key, direction, value }: Asked): Step | undefined {
  const setting = changing.quota?.then[key]?.[direction];
  const { used } = moment;
  if (!changing.quota || !setting || !used || setting.value >= value) return undefined;
  const use = quotaAt(changing.quota, (period) => used(subject, period), moment.now);
  const until = isUsedUp(use) ? use.end : moment.held?.(subject, use);
  if (until === undefined) return undefined;
  return { by: 'quota', to: setting.value, ...(setting.at ? { at: setting.at } : {}), until };
}
