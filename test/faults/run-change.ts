// Which faults one change of policy is tried with.
import type { Bench } from './bench.ts';
import { type PolicyChange, randomChange } from './policy.ts';
import { Random } from './random.ts';
import { type Tried, Tries } from './tries.ts';
import { type Call, type Fault, type FaultKind, faults } from './wrapper.ts';

export interface Amount {
  /**
   * Faults of each change: one at every call there or back and at lines of batches on the other way, so many
   * of those, or all kinds at every call and line both ways.
   */
  faults: 'each call' | 'everything' | number;
  /** Of each change at least, at random moments: one is the way back when only the other way has faults left. */
  kills: number;
  /** Share of the tries after which a further load must have nothing to do. */
  again: number;
}

const atLines: FaultKind[] = ['fail-line', 'die-line', 'kill-line'];
const atCalls = (Object.keys(faults) as FaultKind[]).filter((kind) => !atLines.includes(kind));

export interface Report extends Tried {
  index: number;
  change: PolicyChange;
}

export async function runChange(
  bench: Bench,
  seed: string,
  index: number,
  amount: Amount,
  report: (tried: Report) => void,
): Promise<void> {
  const change = randomChange(seed, index);
  const random = new Random(`${seed}:${index}:faults`);
  const said = (tried: Tried) => report({ ...tried, index, change });
  const tries = await Tries.start(bench, change);
  if (tries.isNothing) return;
  said(await tries.first());
  const [there, back] = [await tries.watched(), await tries.watched()];
  said(there);
  said(back);
  const takes = [await tries.plain(), await tries.plain()];
  for (const tried of takes) said(tried);

  const lists = [there, back].map(({ calls }, way) =>
    chosenFaults(calls, tries, bench, index + way, random, amount),
  );
  const calls = [there.calls, back.calls];
  const times = takes.map(({ took }) => took);
  const pick = <T>(list: readonly T[]) => list[tries.isBack ? 1 : 0] as T;
  const afterwards = () => ({ again: random.chance(amount.again), unload: random.chance(0.08) });
  for (let kills = amount.kills; lists.some((list) => list.length > 0) || kills > 0; ) {
    const fault = pick(lists).shift();
    if (fault) said(await tries.fault(fault, pick(calls)[fault.at - 1], afterwards()));
    else said(await tries.kill(random.next() * pick(times), afterwards()));
    if (!fault) kills -= 1;
  }
  said(await tries.last());
}

function chosenFaults(
  calls: Call[],
  tries: Tries,
  bench: Bench,
  turn: number,
  random: Random,
  amount: Amount,
): Fault[] {
  const kinds = atCalls.filter(
    (kind) => (!kind.startsWith('hang') || bench.limit) && (kind !== 'vanish' || tries.taps.length > 0),
  );
  const every = amount.faults === 'everything';
  const list = calls.flatMap(({ lines }, number): Fault[] => {
    const at = number + 1;
    const rotated = kinds[(turn * 5 + number * 3) % kinds.length] as FaultKind;
    const atCall = (every ? kinds : [rotated]).map(
      (kind): Fault => ({ kind, at, ...(kind === 'vanish' ? { tap: random.pick(tries.taps) } : {}) }),
    );
    const cuts = Array.from({ length: Math.max(0, lines - 1) }, (_, line) => line + 1);
    const atLine = (every ? cuts : random.shuffle(cuts).slice(0, 3)).map((line, index): Fault => {
      return { kind: atLines[(index + turn) % atLines.length] as FaultKind, at, line };
    });
    if (amount.faults !== 'each call') return [...atCall, ...atLine];
    return turn % 2 === 0 ? atCall : atLine;
  });
  return typeof amount.faults === 'number' ? random.shuffle(list).slice(0, amount.faults) : list;
}
