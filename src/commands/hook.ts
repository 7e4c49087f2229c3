// virt-shaper hook DRIVER NAME OP SUBOP EXTRA: what libvirt calls, with the domain's XML on stdin. Nothing ever
// goes to stdout, which libvirt takes for new XML. A `start` that fails aborts the guest's start; any other
// operation that fails may kill a guest that runs (reconnect does), so none of them ever does.
import { readOnFailure } from '../config/read-config.ts';
import { maxDomainXml, parseDomain, uuidOf } from '../guests/domain-xml.ts';
import { type Driver, drivers, type Guest } from '../guests/guest.ts';
import { type GuestKey, isSame, withGuest, withoutEnded, withoutGuest } from '../guests/list.ts';
import { doneVariable, refusalVariable } from '../hooks/hook-file.ts';
import { deviceNames } from '../host/read-host.ts';
import type { Context } from '../operations/context.ts';
import { Refused } from '../operations/failures.ts';
import { placeInForce } from '../operations/generate.ts';
import { withLog } from '../operations/log.ts';
import { noteGuests } from '../operations/note-guests.ts';
import { shape } from '../operations/shape-guest.ts';
import { describeError } from '../report/errors.ts';
import { hasFailed } from '../store/history.ts';
import { hasGuest, tryInForce } from '../store/in-force-plan.ts';
import { describeOff, readOff } from '../store/unloaded.ts';
import { ConfigError } from '../system/errors.ts';
import { startDetached } from '../system/exec.ts';
import { isChanged, writeUnlocked } from '../system/files.ts';
import { Occupied } from '../system/lock.ts';
import { speak } from '../system/speak.ts';
import { label } from '../text/label.ts';

/** @param args DRIVER NAME OP SUBOP EXTRA */
export async function hookCommand(context: Context, args: string[]): Promise<number> {
  const [driver, name, operation] = args;
  if (driver === undefined || name === undefined || operation === undefined) {
    throw new ConfigError([
      {
        severity: 'error',
        message: 'hook needs what libvirt passes: DRIVER NAME OPERATION SUBOPERATION EXTRA',
        hint: 'for example: virt-shaper hook qemu cliff start begin - < cliff.xml',
      },
    ]);
  }
  // What is read from stdin must be read to its end, or libvirt's write fails.
  const xml = await readStdin();
  if (operation === 'start' && isDriver(driver)) {
    return passingOn(() => withLog(context, (heard) => start(heard, driver, name, xml)));
  }
  return withLog(context, async (heard) => {
    try {
      return statusOf(await follow(heard, driver, name, operation, xml));
    } catch (error) {
      heard.warn(describeError(error));
      return 0;
    }
  });
}

/** The installed hook file notes that the guest's next operation need not begin Node.js. */
function statusOf(isDone: boolean): number {
  const status = Number(process.env[doneVariable]);
  return isDone && status > 0 && status < 126 ? status : 0;
}

/**
 * A guest that must not start ends with the status that the installed hook file asks for (hooks/hook-file.ts), so
 * that it can tell this from a Node.js that could not begin, which refuses nobody.
 */
async function passingOn(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    const status = Number(process.env[refusalVariable]);
    if (!(status > 0 && status < 126)) throw error;
    speak('error', describeError(error));
    return status;
  }
}

/**
 * Every operation whose failure would harm a guest. Of those not named here nothing is to be done.
 * @returns whether `release` has nothing left to do
 */
async function follow(
  context: Context,
  driver: string,
  name: string,
  operation: string,
  xml: string,
): Promise<boolean> {
  noteCall(context, driver);
  if (driver === 'network') plugged(context, operation);
  if (!isDriver(driver)) return false;
  if (['started', 'reconnect', 'attach'].includes(operation)) {
    await keep(context, parseDomain(xml, name, driver));
  } else if (operation === 'stopped' || operation === 'release') {
    const uuid = uuidOf(xml);
    await stop(context, { driver, name, ...(uuid ? { uuid } : {}) });
    return operation === 'stopped';
  }
  return false;
}

function isDriver(driver: string): driver is Driver {
  return drivers.some((known) => known === driver);
}

/** Trouble of any kind, with the guest's XML too, keeps it from starting only where on_failure says so. */
async function start(context: Context, driver: Driver, name: string, xml: string): Promise<number> {
  let guest: Guest | undefined;
  try {
    noteCall(context, driver);
    guest = parseDomain(xml, name, driver);
    const started = guest;
    await noteGuests(context, (guests) => withGuest(guests, started));
    const off = readOff(context.paths.unloaded);
    if (off) {
      context.warn(
        `guest ${label(name)} starts UNSHAPED: ${describeOff(off)}; virt-shaper apply loads again`,
      );
      return statusOf(true);
    }
    return statusOf(await shape(context, started, 'may refuse'));
  } catch (error) {
    if (error instanceof Refused || readOnFailure(placeInForce(context)) === 'refuse') {
      // Who has just waited in vain for the lock need not do so again: `release` follows anyway.
      if (guest) await forget(context, guest, !(error instanceof Occupied)).catch(() => {});
      throw error;
    }
    context.warn(describeError(error));
    context.warn(`guest ${label(name)} starts UNSHAPED; virt-shaper sync tries again`);
    return 0;
  }
}

async function forget(context: Context, guest: Guest, reload: boolean): Promise<void> {
  await noteGuests(context, (guests) => withoutGuest(guests, guest));
  if (reload) await shape(context, guest);
}

/** A guest that runs: nothing to do when its `start` was heard and went well. */
async function keep(context: Context, guest: Guest): Promise<void> {
  const { paths } = context;
  const same = ({ stamp: _, skipped: _kinds, metadata: _policy, ...rest }: Guest) => JSON.stringify(rest);
  const { changed } = await noteGuests(context, (guests) => {
    const known = guests.find((one) => isSame(one, guest));
    return known && same(known) === same(guest) ? guests : withGuest(guests, guest);
  });
  if (readOff(paths.unloaded)) return;
  const inForce = tryInForce(paths.rules);
  const isShaped = inForce !== undefined && hasGuest(inForce, guest);
  if (changed || !isShaped || hasFailed(paths.history)) await shape(context, guest);
}

async function stop(context: Context, gone: GuestKey & { uuid?: string }): Promise<void> {
  const isDevice = (name: string) => deviceNames().includes(name);
  const { changed } = await noteGuests(context, (guests) => withoutEnded(guests, gone, isDevice));
  // Not for `release` after `stopped`, nor for a guest never told of.
  if (changed && !readOff(context.paths.unloaded)) await shape(context, gone);
}

/** A NIC of a network is plugged before its tap is there, and libvirt tells of no other: it is looked for soon. */
function plugged({ paths }: Context, operation: string): void {
  if (!['port-created', 'port-deleted', 'plugged', 'unplugged'].includes(operation)) return;
  if (readOff(paths.unloaded)) return;
  const sync = [...paths.options, '--quiet', 'sync', '--settle', '1', '--in-force'];
  startDetached(process.execPath, [process.argv[1] ?? '', ...sync]);
}

/**
 * That libvirt has noticed the hook is proved by its first call only. When a host boots many come at once, and without
 * a lock. What keeps it from being noted keeps no guest from being shaped.
 */
function noteCall({ paths }: Context, driver: string): void {
  if (!/^[a-z]+$/.test(driver)) return;
  const call = { file: paths.hookCalled(driver), text: 'Node.js has begun\n' };
  try {
    if (isChanged(call)) writeUnlocked(call.file, call.text);
  } catch {
    // `hooks status` then does not know that libvirt calls.
  }
}

/** Milliseconds without a byte, after which another caller than libvirt has forgotten to close our stdin. */
const silence = 10_000;

/** To the end whatever its size, since libvirt waits until all is taken; no more is kept than can be parsed. */
async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  let size = 0;
  const giveUp = setTimeout(() => process.stdin.destroy(), silence);
  try {
    for await (const chunk of process.stdin) {
      giveUp.refresh();
      if (size <= maxDomainXml) chunks.push(chunk);
      size += chunk.length;
    }
  } catch {
    // Closed, or nothing that can be read: what is missing is said where it is needed.
  } finally {
    clearTimeout(giveUp);
  }
  return Buffer.concat(chunks).toString('utf8');
}
