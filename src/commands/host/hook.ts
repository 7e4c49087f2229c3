// virt-shaper hook DRIVER NAME OP SUBOP EXTRA: what libvirt calls, with the domain's XML on stdin. Nothing ever
// goes to stdout, which libvirt takes for new XML. A `start` that fails aborts the guest's start; any other
// operation that fails may kill a guest that runs (reconnect does), so none of them ever does.
import { dirname } from 'node:path';
import { parseDomain } from '../../guests/domain-xml.ts';
import { type Driver, drivers, type Guest } from '../../guests/guest.ts';
import { isSame, withGuest } from '../../guests/list.ts';
import {
  answer,
  type Call,
  callVariable,
  leadVariable,
  readCall,
  readWaiting,
  removeCall,
} from '../../hooks/calls.ts';
import { doneVariable, refusalVariable } from '../../hooks/statuses.ts';
import { onFailure } from '../../operations/config-with-templates.ts';
import type { Context } from '../../operations/context.ts';
import { readStdin } from '../../operations/hook/read-stdin.ts';
import { type CallOutcome, serve } from '../../operations/hook/serve-calls.ts';
import { shape } from '../../operations/hook/shape-guest.ts';
import { hearing, log, withLog } from '../../operations/log.ts';
import { noteGuests } from '../../operations/note-guests.ts';
import { describeError } from '../../report/errors.ts';
import { hasFailed } from '../../store/history.ts';
import { hasGuest, tryInForce } from '../../store/in-force-plan.ts';
import { readOff } from '../../store/unloaded.ts';
import { ConfigError } from '../../system/errors.ts';
import { startDetached } from '../../system/exec.ts';
import { isChanged, writeUnlocked } from '../../system/files.ts';
import { speak, tame } from '../../system/speak.ts';

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
  noteCall(context, driver);
  const file = process.env[callVariable];
  // What is read from stdin must be read to its end, or libvirt's write fails.
  const xml = file === undefined ? await readStdin() : '';
  if (isDriver(driver) && (operation === 'start' || operation === 'stopped')) {
    const given = { driver, name, operation, xml, file: file ?? '' } as const;
    return passingOn(() => withLog(context, (heard) => answering(heard, given)));
  }
  return withLog(context, async (heard) => {
    try {
      await follow(heard, driver, name, operation, xml);
    } catch (error) {
      heard.warn(describeError(error));
    }
    return 0;
  });
}

/**
 * This call, and those of other hooks that wait for it to end, of which each is answered.
 * @param given with the XML of stdin, where the hook's file has not laid it down
 */
async function startOrStop(context: Context, given: Call): Promise<CallOutcome> {
  // Before the others, of which those are removed that nobody waits for: a clock that was set makes any look old.
  const own = readCall(given.file) ?? given;
  const calls = process.env[leadVariable] ? readWaiting(dirname(given.file)) : [];
  const laid = calls.find(({ file }) => file === given.file) ?? own;
  const works = (calls.includes(laid) ? calls : [...calls, laid]).map((call) => {
    return call === laid ? { call, heard: context, said: [] } : { call, ...hearing(silent(context)) };
  });
  const outcomes = await serve(context, works);
  for (const work of works) {
    const { isDone, refusal } = outcomes.get(work) ?? { isDone: false };
    const { call, said } = work;
    if (call === laid) continue;
    if (refusal) said.push({ priority: 'error', text: describeError(refusal) });
    const texts = said.map(({ text }) => tame(text));
    answer(call, refusal ? Number(process.env[refusalVariable]) : statusOf(isDone), texts);
    await log(said);
  }
  if (laid.file !== '') removeCall(laid.file);
  const work = works.find(({ call }) => call === laid);
  return (work && outcomes.get(work)) ?? { isDone: false };
}

/** What is said of another guest goes to its own hook. */
function silent(context: Context): Context {
  const nobody = () => {};
  return { ...context, warn: nobody, say: nobody, detail: nobody };
}

/** The installed hook file notes that the guest's next operation need not begin Node.js. */
function statusOf(isDone: boolean): number {
  const status = Number(process.env[doneVariable]);
  return isDone && status > 0 && status < 126 ? status : 0;
}

/** @throws why the guest must not start; an error that nobody has expected keeps it from it only where any error does */
async function answering(context: Context, given: Call): Promise<number> {
  let reason: unknown;
  try {
    const { isDone, refusal } = await startOrStop(context, given);
    if (!refusal) return statusOf(isDone);
    reason = refusal;
  } catch (error) {
    if (given.operation !== 'start' || onFailure(context) !== 'refuse') {
      context.warn(describeError(error));
      return 0;
    }
    reason = error;
  }
  throw reason;
}

/**
 * A guest that must not start ends with the status that the installed hook file asks for (hooks/statuses.ts), so
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

/** Every other operation: its failure would harm a guest that runs. Of those not named here nothing is to be done. */
async function follow(
  context: Context,
  driver: string,
  name: string,
  operation: string,
  xml: string,
): Promise<void> {
  if (driver === 'network') plugged(context, operation);
  if (!isDriver(driver)) return;
  if (['started', 'reconnect', 'attach'].includes(operation)) {
    await keep(context, parseDomain(xml, name, driver));
  } else if (operation === 'release') {
    const end = { driver, name, operation: 'stopped', xml } as const;
    await serve(context, [{ call: end, heard: context }]);
  }
}

function isDriver(driver: string): driver is Driver {
  return drivers.some((known) => known === driver);
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
  if (changed || !isShaped || hasFailed(paths.history)) {
    await shape(context, [{ ...guest, starts: false, heard: context }]);
  }
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
