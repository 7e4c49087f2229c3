// Serves a batch of hook calls, guests that start and guests that have stopped: notes them and shapes all of them with one load. An
// error of one guest is reported for that guest, and does not keep the others from being loaded.

import { parseDomain, uuidOf } from '../../guests/domain-xml.ts';
import type { Guest } from '../../guests/guest.ts';
import { withGuest, withoutEnded, withoutGuest } from '../../guests/list.ts';
import type { Call } from '../../hooks/calls.ts';
import { deviceNames } from '../../host/read-host.ts';
import { Unkept } from '../../load/unkept.ts';
import { describeError } from '../../report/errors.ts';
import { describeOff, readOff } from '../../store/unloaded.ts';
import { Occupied } from '../../system/lock.ts';
import { label } from '../../text/label.ts';
import { onFailure } from '../config-with-templates.ts';
import type { Context } from '../context.ts';
import { Refused } from '../failures.ts';
import { noteGuests } from '../note-guests.ts';
import { shape } from './shape-guest.ts';

/** A call, and the context that reports to its caller. */
export interface Work {
  call: Omit<Call, 'file'>;
  heard: Context;
}

export interface CallOutcome {
  /** Whether it succeeded, so that the next call for this guest need not try again. */
  isDone: boolean;
  /** Why the guest must not start. */
  refusal?: unknown;
}

type Change = (guests: Guest[]) => Guest[];

/** @param works the calls, in the order in which libvirt made them */
export async function serve(context: Context, works: Work[]): Promise<Map<Work, CallOutcome>> {
  const outcomes = new Map<Work, CallOutcome>();
  const changes: Change[] = [];
  const ready: Work[] = [];
  for (const work of works) {
    try {
      changes.push(changeOf(work));
      ready.push(work);
    } catch (error) {
      outcomes.set(work, await fail(context, work, error));
    }
  }
  const all: Change = (guests) => changes.reduce((noted, change) => change(noted), guests);
  const starting = ready.filter(isStart);
  try {
    const { changed } = await noteGuests(context, all);
    const off = readOff(context.paths.unloaded);
    if (off) for (const { call, heard } of starting) heard.warn(unshaped(call.name, describeOff(off)));
    // The end of a guest that was never noted changes nothing.
    if (!off && (changed || starting.length > 0)) await shapeAll(context, ready, outcomes);
  } catch (error) {
    for (const work of ready) outcomes.set(work, await fail(context, work, error));
  }
  for (const work of ready) if (!outcomes.has(work)) outcomes.set(work, { isDone: true });
  return outcomes;
}

function isStart({ call }: Work): boolean {
  return call.operation === 'start';
}

function unshaped(name: string, why: string): string {
  return `guest ${label(name)} starts UNSHAPED: ${why}; virt-shaper apply loads again`;
}

/** @throws Failure for XML that does not describe this guest */
function changeOf({ call: { driver, name, operation, xml } }: Work): Change {
  if (operation === 'start') {
    const guest = parseDomain(xml, name, driver);
    return (guests) => withGuest(guests, guest);
  }
  const uuid = uuidOf(xml);
  const isDevice = (device: string) => deviceNames().includes(device);
  return (guests) => withoutEnded(guests, { driver, name, ...(uuid ? { uuid } : {}) }, isDevice);
}

/** One load for all. Where it fails, one for each, which finds the guest that caused it, or reports the error to all. */
async function shapeAll(context: Context, works: Work[], outcomes: Map<Work, CallOutcome>): Promise<void> {
  const guests = works.map((work) => ({ ...work.call, starts: isStart(work), heard: work.heard }));
  try {
    const results = await shape(context, guests);
    for (const [index, work] of works.entries()) {
      const { isDone, failure } = results[index] ?? { isDone: false };
      outcomes.set(work, failure ? await fail(context, work, failure) : { isDone });
    }
  } catch (error) {
    if (error instanceof Occupied || works.length === 1) {
      for (const work of works) outcomes.set(work, await fail(context, work, error));
      return;
    }
    const [own, others] =
      error instanceof Refused
        ? [
            works.filter(({ call }) => call.name === error.guest),
            works.filter(({ call }) => call.name !== error.guest),
          ]
        : [works, []];
    for (const work of own) await shapeAll(context, [work], outcomes);
    if (others.length > 0) await shapeAll(context, others, outcomes);
  }
}

/** Any error, also one in the guest's XML, keeps it from starting only where on_failure is "refuse". */
async function fail(context: Context, work: Work, error: unknown): Promise<CallOutcome> {
  const { call, heard } = work;
  if (error instanceof Unkept) {
    heard.warn(describeError(error));
    return { isDone: false };
  }
  if (isStart(work) && (error instanceof Refused || onFailure(context) === 'refuse')) {
    // After a timeout on the lock it is not tried again: libvirt calls `release` next anyway.
    await forget(context, work, !(error instanceof Occupied)).catch(() => {});
    return { isDone: false, refusal: error };
  }
  heard.warn(describeError(error));
  if (isStart(work))
    heard.warn(`guest ${label(call.name)} starts UNSHAPED; virt-shaper sync --in-force tries again`);
  return { isDone: false };
}

async function forget(context: Context, { call, heard }: Work, reload: boolean): Promise<void> {
  const { changed } = await noteGuests(context, (guests) => withoutGuest(guests, call));
  if (changed && reload) await shape(context, [{ ...call, starts: false, heard }]);
}
