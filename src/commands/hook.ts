// virt-shaper hook qemu NAME OP SUBOP EXTRA: what libvirt calls, with the domain's XML on stdin. Nothing
// ever goes to stdout, which libvirt takes for new XML. A `start` that fails aborts the guest's start; any
// other operation that fails may kill a guest that runs (reconnect does), so none of them ever does.
import { readOnFailure } from '../config/read-config.ts';
import { ConfigError, Failure } from '../errors.ts';
import { makeRun } from '../exec.ts';
import { maxDomainXml, parseDomain } from '../guests/domain-xml.ts';
import type { Guest } from '../guests/guest.ts';
import { readGuests, withGuest, withoutGuest, writeGuests } from '../guests/run-state.ts';
import { label } from '../label.ts';
import { withLock } from '../load/lock.ts';
import { describeError } from '../report/errors.ts';
import type { Context } from './context.ts';
import { generateNow, sayPolicy } from './generate-now.ts';
import { loadNow } from './load.ts';
import { writeRules } from './render.ts';
import { underLock } from './under-lock.ts';

/** A guest that must not start, by the administrator's own rule. */
class Refused extends Failure {}

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
  if (driver !== 'qemu') return 0;
  // What is read from stdin must be read to its end, or libvirt's write fails.
  const xml = await readStdin();
  return withJournal(context, async (heard) => {
    if (operation === 'start') return start(heard, name, xml);
    if (operation === 'stopped' || operation === 'release') return stop(heard, name);
    return 0;
  });
}

/**
 * libvirt throws away what a hook says unless it fails, so what must be heard goes to the system's log too,
 * in one call at the end. Without a logger or a log there is nowhere else to say it.
 */
async function withJournal(context: Context, work: (heard: Context) => Promise<number>): Promise<number> {
  const lines: string[] = [];
  const warn = (text: string) => {
    lines.push(text);
    context.warn(text);
  };
  try {
    return await work({ ...context, warn });
  } catch (error) {
    lines.push(describeError(error));
    throw error;
  } finally {
    if (lines.length > 0) {
      const input = `${lines.join('\n')}\n`;
      await makeRun({ timeout: 5000 })('logger', ['-t', 'virt-shaper', '-p', 'daemon.warning'], {
        input,
      }).catch(() => {});
    }
  }
}

async function start(context: Context, name: string, xml: string): Promise<number> {
  const { guest, skipped } = parseDomain(xml, name);
  for (const { nic, reason } of skipped) {
    context.warn(`guest ${label(name)}, ${label(nic)} is not shaped: ${reason}`);
  }
  try {
    await shape(context, name, (guests) => withGuest(guests, guest));
    return 0;
  } catch (error) {
    if (error instanceof Refused || readOnFailure(context.paths.config) === 'refuse') {
      await shape(context, name, (guests) => withoutGuest(guests, name)).catch(() => {});
      throw error;
    }
    context.warn(describeError(error));
    context.warn(`guest ${label(name)} starts UNSHAPED; virt-shaper render && virt-shaper load tries again`);
    return 0;
  }
}

async function stop(context: Context, name: string): Promise<number> {
  try {
    await shape(context, name, (guests) => withoutGuest(guests, name));
  } catch (error) {
    context.warn(describeError(error));
  }
  return 0;
}

/**
 * Notes the change, then renders and loads for all that is noted by then: many guests that start at once need
 * few loads. What is noted stays so even when loading fails, or its lock cannot be had in time.
 */
async function shape(context: Context, name: string, change: (guests: Guest[]) => Guest[]): Promise<void> {
  const { paths } = context;
  const noted = await note(context, name, change);
  if (!noted.before && !noted.after) return; // `release` after `stopped`, or a guest never told of.
  await underLock(context, async (site) => {
    const outputs = await generateNow(context, { lastGood: true });
    const refused = outputs.policy.unshaped.find(({ guest, kind }) => guest === name && kind === 'refused');
    if (refused && !noted.before) {
      throw new Refused(`guest ${label(name)} may not start: ${refused.reason}`);
    }
    const unable = outputs.policy.unshaped.find(({ guest, kind }) => guest === name && kind === 'unable');
    if (unable && readOnFailure(paths.config) === 'refuse') {
      throw new Failure(`guest ${label(name)}, ${unable.tap} cannot be shaped: ${unable.reason}`);
    }
    sayPolicy(context, outputs);
    writeRules(context, outputs);
    await loadNow({ ...context, say: context.detail }, site);
  });
}

/**
 * Changes the run state under a lock of its own, held for a moment only.
 * @returns whether the guest was known, and whether it is now
 */
async function note(
  { paths, lockTimeout }: Context,
  name: string,
  change: (guests: Guest[]) => Guest[],
): Promise<{ before: boolean; after: boolean }> {
  const isThere = (guests: Guest[]) => guests.some((guest) => guest.name === name);
  const lock = { file: paths.guestsLock, patience: lockTimeout, waiting: () => {} };
  return withLock(lock, async () => {
    const before = readGuests(paths.guests);
    const after = change(before);
    writeGuests(paths.guests, after);
    return { before: isThere(before), after: isThere(after) };
  });
}

/** To the end whatever its size, since libvirt waits until all is taken; no more is kept than can be parsed. */
async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    if (size <= maxDomainXml) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}
