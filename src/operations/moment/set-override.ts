// Sets or lifts an override of a guest, a group or an uplink's unmarked traffic. It is stored first, so that no later load drops it,
// then loaded by the configuration in force. If that fails it is removed again.
import type { Site } from '../../load/context.ts';
import { readRunningGuests } from '../../observe/read-running.ts';
import type { MomentSubject, Override } from '../../policy/moment/moment.ts';
import { endText, shortfalls, subjectText, valuesText } from '../../report/overrides.ts';
import { noteLoad } from '../../store/history.ts';
import {
  readClock,
  readMoment,
  readOverrideFile,
  type StoredOverride,
  setDamagedAside,
  withOverride,
  writeOverrides,
} from '../../store/overrides.ts';
import { describeOff, readOff } from '../../store/unloaded.ts';
import { whoAsks } from '../../system/who-asks.ts';
import type { Context } from '../context.ts';
import { atMoment, folderFor, type Generated, generateNow } from '../generate.ts';
import { loadNow } from '../load-now.ts';
import { tell } from '../say/changes.ts';
import { underLock } from '../under-lock.ts';
import { writeRulesAnywhere } from '../write-rules.ts';
import { findSubject } from './find-subject.ts';
import { lookAgain } from './look-again.ts';

export interface WantedOverride extends MomentSubject, Pick<Override, 'rate' | 'ceil' | 'why'> {
  /** Its duration, in milliseconds. */
  lasts?: number;
  /** Its end, in milliseconds since 1970. */
  until?: number;
}

/** @returns the exit status: 1 where an uplink cannot be shaped */
export function setOverride(context: Context, wanted: WantedOverride): Promise<number> {
  return change(context, wanted, (overrides, before) => {
    const next = storedOf(wanted);
    const same = overrides.find((one) => isSame(one, next));
    const isRunning = findSubject(before, wanted);
    const said = [`${subjectText(next)}: ${valuesText(next)}, ${endText(next)}${same ? ', as before' : ''}`];
    if (!isRunning) said.push(`${subjectText(next)} ${whyNotYet(context, wanted)}`);
    return { next: same ? overrides : withOverride(overrides, next), said };
  });
}

function whyNotYet({ paths }: Context, { kind, name }: MomentSubject): string {
  const runs = kind === 'guest' && readRunningGuests(paths).guests.some((guest) => guest.name === name);
  return runs
    ? 'runs, and no load has seen that: virt-shaper sync --in-force shapes it, with that'
    : 'does not run now: it has that from its start on';
}

/** @returns the same; nothing to lift is no failure */
export function liftOverride(context: Context, subject: MomentSubject): Promise<number> {
  const isIts = ({ kind, name }: MomentSubject) => kind === subject.kind && name === subject.name;
  return change(context, subject, (overrides, before) => {
    const inForce = new Set(before.inputs.moment.overrides.filter(isIts).map(({ since }) => since));
    const lifted = overrides.filter((one) => isIts(one) && inForce.has(one.since));
    const said = lifted.map((one) => `${subjectText(one)}: ${valuesText(one)} is lifted`);
    if (lifted.length === 0) {
      findSubject(before, subject);
      said.push(`nothing is set for ${subjectText(subject)}`);
    }
    return { next: overrides.filter((one) => !isIts(one)), said };
  });
}

function storedOf({ lasts, ...wanted }: WantedOverride): StoredOverride {
  const { now, sinceBoot, boot } = readClock();
  return {
    ...wanted,
    since: now,
    ...(lasts === undefined ? {} : { until: now + lasts, lasts: true }),
    by: whoAsks(),
    boot: { id: boot, at: sinceBoot },
  };
}

/** Compares all but the time at which they were set. One with a duration has another end each time. */
function isSame(one: StoredOverride, other: StoredOverride): boolean {
  const key = ({ since: _, boot: _clock, rate, ceil, ...rest }: StoredOverride) =>
    JSON.stringify([rate?.out, rate?.in, ceil?.out, ceil?.in, Object.entries(rest).sort()]);
  return key(one) === key(other);
}

/** @returns what is stored from now on, and what is said once it is */
type Change = (overrides: StoredOverride[], before: Generated) => { next: StoredOverride[]; said: string[] };

function change(context: Context, subject: MomentSubject, by: Change): Promise<number> {
  const { overrides: file, unloaded } = context.paths;
  return underLock(context, async (site) => {
    const before = await generateNow(context, 'in force');
    const { overrides } = readOverrideFile(file);
    const { next, said } = by(overrides, before);
    setDamagedAside(file);
    if (next !== overrides) writeOverrides(file, next);
    for (const line of said) context.say(line);
    const off = readOff(unloaded);
    if (off) {
      context.warn(`nothing is loaded: ${describeOff(off)}; it counts when virt-shaper apply loads again`);
      return 0;
    }
    try {
      return await loadAnew(context, site, before, subject);
    } catch (error) {
      if (next !== overrides) {
        writeOverrides(file, overrides);
        writeRulesAnywhere(context, before, folderFor(context, before));
      }
      throw error;
    }
  });
}

async function loadAnew(
  context: Context,
  site: Site,
  before: Generated,
  subject: MomentSubject,
): Promise<number> {
  const { moment } = readMoment(context.paths.overrides);
  const generated = atMoment(before, { ...before.inputs.moment, ...moment });
  const { folder, full } = writeRulesAnywhere(context, generated, folderFor(context, generated));
  const nothing = 'nothing to do: the kernel stays as it is';
  const { obstacles } = await loadNow(context, site, folder, undefined, tell(context, nothing));
  const known = new Set(before.policy.warnings);
  for (const warning of generated.policy.warnings)
    if (!known.has(warning)) context.warn(`warning: ${warning}`);
  for (const line of shortfalls(generated.policy, subject)) context.say(line);
  if (full) noteLoad(context.paths.history, full);
  await lookAgain(context, generated);
  return full || obstacles.length > 0 ? 1 : 0;
}
