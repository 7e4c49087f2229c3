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
 * A row says shaped where all that it is about is shaped, and only there; who runs has a row in every view of all. Where
 * a device of the host is down or apart, so that no frame can pass whoever shapes it, neither word is false; there the
 * row must name what is wrong, but for a way that the host has lost behind its routing.
 * @param mayFail files that views read have just been harmed: one that says so, and nothing else, tells no lie
 */
export function judgeViews(truths: Truth[], views: Views, mayFail = false): Problem[] {
  const broken = views.broken.filter((text) => !mayFail || !cannotTell.test(text));
  const texts = [
    ...broken,
    ...views.said.flatMap((one) => judgeRow(one, truths)),
    ...views.asked.flatMap((view) => truths.flatMap((truth) => judgeSilence(view, truth, views))),
    ...judgeVerify(truths, views.verify),
    ...judgeDoctor(truths, views, mayFail),
  ];
  return texts.map((text) => ({ count: 'lie', text }));
}

const cannotTell =
  /ends with 1: .*(is damaged|cannot be read|has no \.plan\.json|are gone from |good\/\S+ is not there)/s;

function judgeRow(one: Said, truths: Truth[]): string[] {
  const own = truths.filter((truth) => isAbout(one, truth));
  const says = `${one.view} says of ${one.guest}: ${one.words}`;
  if (own.length === 0) return one.shaped ? [`${says}; who does not run`] : [];
  const passing = own.filter(canPass);
  const isTrue =
    passing.length < own.length && passing.every(({ fate }) => fate === 'shaped')
      ? one.noted || !one.shaped || own.every((truth) => canPass(truth) || truth.astray)
      : one.shaped === own.every(({ fate }) => fate === 'shaped');
  return isTrue ? [] : [`${says}; ${own.map(shownOf).join('; ')}`];
}

const canPass = ({ fate, joined }: Truth) => fate !== 'cut' || joined;

const shownOf = (truth: Truth) => `${keyOf(truth)} ${truth.fate}: ${truth.shown}`;

function judgeSilence(view: string, truth: Truth, { said }: Views): string[] {
  if (view === 'doctor' || said.some((one) => one.view === view && isAbout(one, truth))) return [];
  return [`${view} says nothing of ${shownOf(truth)}`];
}

function judgeVerify(truths: Truth[], verify: number): string[] {
  const unshaped = truths.filter((truth) => truth.fate !== 'shaped' && canPass(truth));
  return verify === 0 && unshaped.length > 0
    ? [`verify finds nothing: ${unshaped.map(shownOf).join('; ')}`]
    : [];
}

/** It names who is not shaped, or the device that is to blame; and says of nobody who is that he is not. */
function judgeDoctor(truths: Truth[], { findings, asked }: Views, mayFail: boolean): string[] {
  if (!asked.includes('doctor')) return [];
  const cannotSee =
    mayFail &&
    findings.some((text) =>
      /^problem (passing|kernel-state|in-force), .*(is damaged|cannot be read|(are|is) gone from|is not there)/.test(
        text,
      ),
    );
  const silent = truths
    .filter(({ fate, astray }) => !cannotSee && fate !== 'shaped' && !(fate === 'cut' && astray))
    .filter(
      ({ guest, nic: { tap, uplink, bridge } }) =>
        !findings.some((text) => [guest, tap, uplink, bridge].some((name) => text.includes(name))),
    );
  const well = [...new Set(truths.map(({ guest }) => guest))].filter((guest) =>
    truths.every((truth) => truth.guest !== guest || truth.fate === 'shaped'),
  );
  const untrue = findings.filter((text) =>
    well.some((guest) => /^problem (passing|guest)\./.test(text) && text.includes(`, ${guest}: `)),
  );
  return [
    ...silent.map((truth) => `doctor names nothing of ${shownOf(truth)}`),
    ...untrue.map((text) => `doctor says ${text}, of one who is shaped`),
  ];
}

function isAbout(said: Said, { guest, nic, uplink, direction }: Truth): boolean {
  return (
    said.guest === guest &&
    [undefined, nic.uplink, uplink].includes(said.uplink) &&
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

/** Where nothing differs from what was loaded, and after a sync, limits are in force like everything else. */
export function judgeStorm(world: World, { views, storm }: Look, isSynced: boolean): Problem[] {
  if (!storm || storm.isLimited) return [];
  if (views.verify === 0) return [{ count: 'lie', text: `verify finds nothing: ${storm.shown}` }];
  const spoilt = world.standing.some(({ spoils }) => spoils(storm.nic, 'out') || spoils(storm.nic, 'in'));
  return isSynced && !spoilt ? [{ count: 'not healed', text: storm.shown }] : [];
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
      .map((truth) => ({
        count: 'not healed' as const,
        text: `${keyOf(truth)}: ${truth.fate}: ${truth.shown}`,
      })),
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
