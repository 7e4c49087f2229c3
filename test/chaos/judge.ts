// Holds what the views say against what frames do, and what a sync must reach against what it has reached.
import type { Truth } from './frames.ts';
import type { Look } from './run.ts';
import type { Said, Views } from './views.ts';
import type { World } from './world.ts';

export type Count = 'lie' | 'cut off' | 'not healed';

/**
 * `lie`: a view says of a frame what is not so, or another view says otherwise. `cut off`: frames that could arrive do
 * not, after a sync. `not healed`: what nothing foreign stands in the way of is not as it should be after a sync.
 */
export interface Problem {
  count: Count;
  text: string;
}

const keyOf = ({ guest, nic, direction }: Truth) => `${guest}, ${nic.tap} ${direction} by ${nic.uplink}`;

/**
 * Every view that speaks of every guest: a row says shaped where all that it is about is shaped, and only there. Where
 * a device of the host is down or apart, so that no frame can pass whoever shapes it, neither word is false; there the
 * row must name what is wrong.
 */
export function judgeViews(truths: Truth[], { said, verify, broken }: Views): Problem[] {
  const texts = [...broken];
  for (const one of said) {
    const own = truths.filter((truth) => isAbout(one, truth));
    const passing = own.filter(({ fate, joined }) => fate !== 'cut' || joined);
    const shown = own.map((truth) => `${keyOf(truth)} ${truth.fate}: ${truth.shown}`).join('; ');
    const isTrue =
      passing.length < own.length && passing.every(({ fate }) => fate === 'shaped')
        ? one.noted || !one.shaped
        : one.shaped === own.every(({ fate }) => fate === 'shaped');
    if (own.length > 0 && !isTrue) texts.push(`${one.view} says of ${one.guest}: ${one.words}; ${shown}`);
    if (own.length === 0 && one.shaped)
      texts.push(`${one.view} says of ${one.guest}, who does not run: ${one.words}`);
  }
  for (const truth of truths)
    for (const view of speaking)
      if (!said.some((one) => one.view === view && isAbout(one, truth)))
        texts.push(`${view} says nothing of ${keyOf(truth)}, which is ${truth.fate}: ${truth.shown}`);
  const unshaped = truths.filter(({ fate }) => fate !== 'shaped');
  if (verify === 0 && unshaped.length > 0)
    texts.push(`verify finds nothing: ${unshaped.map(keyOf).join('; ')}`);
  return texts.map((text) => ({ count: 'lie', text }));
}

/** Every guest that runs is in them. */
const speaking = ['status', 'top', 'metrics'];

function isAbout(said: Said, { guest, nic, direction }: Truth): boolean {
  return (
    said.guest === guest &&
    (said.uplink ?? nic.uplink) === nic.uplink &&
    (said.direction ?? direction) === direction
  );
}

/** After a sync: what may keep a frame unshaped is what stands; nobody is cut off who is joined to the world. */
export function judgeSync(world: World, truths: Truth[]): Problem[] {
  return truths.flatMap((truth): Problem[] => {
    const { nic, direction, fate, joined, shown } = truth;
    const spoilt = world.standing.filter(({ spoils }) => spoils(nic, direction)).map(({ text }) => text);
    if (fate === 'cut' && joined) return [{ count: 'cut off', text: `${keyOf(truth)}: ${shown}` }];
    if (fate === 'shaped' || spoilt.length > 0) return [];
    return [{ count: 'not healed', text: `${keyOf(truth)}: ${fate} after a sync: ${shown}` }];
  });
}

/** A sync leaves alone what was in order: who was shaped stays so, in the same class, which goes on counting. */
export function judgeKept(before: Look, now: Look): Problem[] {
  const former = new Map(before.truths.map((truth) => [keyOf(truth), truth]));
  return now.truths.flatMap((truth): Problem[] => {
    const was = former.get(keyOf(truth));
    if (was?.fate !== 'shaped' || truth.fate !== 'shaped' || truth.packets > was.packets) return [];
    const text = `${keyOf(truth)}: its class has counted ${truth.packets} after ${was.packets}: it was made anew`;
    return [{ count: 'not healed', text }];
  });
}

/** What touches nobody's shaping changes no word about it. */
export function judgeHarmless(before: Look, now: Look): Problem[] {
  const inOrder = before.views.verify === 0 && before.truths.every(({ fate }) => fate === 'shaped');
  if (!inOrder) return [];
  return [
    ...now.truths
      .filter(({ fate }) => fate !== 'shaped')
      .map((truth) => ({ count: 'not healed' as const, text: `${keyOf(truth)}: ${truth.fate}` })),
    ...(now.views.verify === 0
      ? []
      : [{ count: 'lie' as const, text: `verify ends with ${now.views.verify}` }]),
  ];
}

/** @param disagreements of the tracer */
export function judgeHealed({ views }: Look, disagreements: string[]): Problem[] {
  const texts = [...(views.verify === 0 ? [] : [`verify ends with ${views.verify}`]), ...disagreements];
  return texts.map((text) => ({ count: 'not healed', text }));
}
