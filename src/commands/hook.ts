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

/** Render and load for the guests after a change. The change stays known even when that fails. */
async function shape(context: Context, name: string, change: (guests: Guest[]) => Guest[]): Promise<void> {
  const { paths } = context;
  await underLock(context, async (site) => {
    const before = readGuests(paths.guests);
    const guests = change(before);
    const isThere = (list: Guest[]) => list.some((guest) => guest.name === name);
    if (!isThere(before) && !isThere(guests)) return; // `release` after `stopped`, or a guest never told of.
    writeGuests(paths.guests, guests);
    const outputs = await generateNow(context, { guests, lastGood: true });
    const refused = outputs.policy.unshaped.find(({ guest, kind }) => guest === name && kind === 'refused');
    if (refused && !isThere(before))
      throw new Refused(`guest ${label(name)} may not start: ${refused.reason}`);
    const unable = outputs.policy.unshaped.find(({ guest, kind }) => guest === name && kind === 'unable');
    if (unable && readOnFailure(paths.config) === 'refuse') {
      throw new Failure(`guest ${label(name)}, ${unable.tap} cannot be shaped: ${unable.reason}`);
    }
    sayPolicy(context, outputs);
    writeRules(context, outputs);
    await loadNow({ ...context, say: context.detail }, site);
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
