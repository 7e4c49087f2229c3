// Updates the list of running guests, under a lock of its own that is held briefly, so that it is updated even when a hook times out
// waiting for a load: the next load then shapes its guest.
import type { Guest } from '../guests/guest.ts';
import { GuestIndex } from '../guests/list.ts';
import { reconcile } from '../guests/reconcile.ts';
import { type Running, readStatusFiles } from '../guests/status-files.ts';
import { deviceNames } from '../host/read-host.ts';
import { readIfbs } from '../kernel/ifb.ts';
import { describeError } from '../report/errors.ts';
import { readGuests, writeGuests } from '../store/guests.ts';
import { tryInForce } from '../store/in-force-plan.ts';
import { isThere } from '../system/files.ts';
import { withLock } from '../system/lock.ts';
import { label } from '../text/label.ts';
import type { Context } from './context.ts';

export interface Noted {
  before: Guest[];
  after: Guest[];
  /** Whether before and after differ. */
  changed: boolean;
}

/** @param change the noted guests -> the new list */
export function noteGuests(context: Context, change: (guests: Guest[]) => Guest[]): Promise<Noted> {
  const { paths, lockTimeout } = context;
  const lock = { file: paths.guestsLock, patience: lockTimeout, waiting: () => {} };
  return withLock(lock, async () => {
    const before = recall(context);
    const after = change(before);
    return { before, after, changed: writeGuests(paths.guests, after) };
  });
}

/** Notes the guests that run according to libvirt and the kernel. */
export function findGuests(context: Context): Promise<Noted> {
  return noteGuests(context, (noted) => reconcileNow(context, noted));
}

/** The same without noting it. */
export function foundGuests(context: Context): Noted {
  const before = recall(context);
  const after = reconcileNow(context, before);
  return { before, after, changed: JSON.stringify(before) !== JSON.stringify(after) };
}

/** Reports the guests that came and went. */
export function sayFound(context: Context, { before, after }: Noted): void {
  const names = (guests: Guest[]) => guests.map(({ name }) => label(name)).join(', ');
  const [former, present] = [new GuestIndex(before), new GuestIndex(after)];
  const came = after.filter((guest) => !former.has(guest));
  const gone = before.filter((guest) => !present.has(guest));
  if (came.length > 0) context.say(`found running: ${names(came)}`);
  if (gone.length > 0) context.say(`no longer running, or without a tap: ${names(gone)}`);
}

/**
 * Reads the noted guests; where that fails, the guests of the rules in force and of libvirt. Where the file is missing although
 * something is loaded, somebody has removed it: after a boot neither would be there.
 */
function recall(context: Context): Guest[] {
  const { guests, rules } = context.paths;
  try {
    if (!isThere(guests) && readIfbs().length > 0) return reconcileNow(context, guestsInForce(rules));
    return readGuests(guests);
  } catch (error) {
    context.warn(describeError(error));
    context.warn('warning: what is in force and what libvirt says counts in its place');
    return reconcileNow(context, guestsInForce(rules));
  }
}

function reconcileNow(context: Context, noted: Guest[]): Guest[] {
  const running = readStatusFiles(context.paths.libvirtState, noted);
  sayUnread(context, running);
  return reconcile(noted, running, new Set(deviceNames()));
}

function sayUnread(context: Context, { unread }: Running): void {
  for (const { name, reason } of unread) {
    context.warn(`warning: guest ${label(name)} stays as it was noted: ${reason}`);
  }
}

/** The guests of the rules in force, with names, taps and addresses; none where these are damaged too. */
function guestsInForce(rules: string): Guest[] {
  const guests = new Map<string, Guest>();
  const taps = tryInForce(rules)?.uplinks.flatMap((uplink) => uplink.taps) ?? [];
  for (const { guest: name, name: tap, bridge, mac } of taps) {
    const guest = guests.get(name) ?? { name, driver: 'qemu', nics: [] };
    // A tap whose bridge has two uplinks is listed under both.
    if (guest.nics.some((nic) => nic.tap === tap)) continue;
    guests.set(name, { ...guest, nics: [...guest.nics, { tap, bridge, ...(mac ? { mac } : {}) }] });
  }
  return [...guests.values()];
}
