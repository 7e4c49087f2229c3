// virt-shaper usage: who has used how much, from the ledger; and the usage of a guest that moves to another host.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { countAll, writeLedger } from '../../ledger/keep.ts';
import { decodeMoved, encodeMoved, keepMoved, movedHead, readMovedOf } from '../../ledger/moved.ts';
import { readRunningMonth } from '../../ledger/read.ts';
import { ledgerSubject } from '../../ledger/subject.ts';
import { ownPart } from '../../ledger/used.ts';
import type { Context } from '../../operations/context.ts';
import { screenOf } from '../../operations/look.ts';
import { writeOutput } from '../../operations/output-file.ts';
import { underLock } from '../../operations/under-lock.ts';
import { countNow } from '../../operations/usage/count.ts';
import { reportUsage, type UsageOptions, wrongUse } from '../../operations/usage/report.ts';
import { pageHead } from '../../report/usage/page.ts';
import { reasonOf, rootHint } from '../../system/as-root.ts';
import { Failure } from '../../system/errors.ts';
import { isThere, writeNew } from '../../system/files.ts';
import { withLock } from '../../system/lock.ts';
import { counted, label } from '../../text/label.ts';

/** @param args names; or `export NAME FILE`, `import FILE`, `count` */
export async function usageCommand(context: Context, args: string[], options: UsageOptions): Promise<number> {
  const [action, ...rest] = args;
  if (action === 'count' && rest.length === 0) return count(context);
  if (action === 'export') return exportGuest(context, rest);
  if (action === 'import') return importGuest(context, rest);
  const { text, html, troubles } = reportUsage(context, args, options, screenOf(process));
  for (const trouble of troubles) context.warn(`warning: ${trouble}`);
  if (html !== undefined && options.html !== undefined) writeFile(context, options.html, html, pageHead);
  else context.print(text);
  return 0;
}

/** Brings the ledger up to date; otherwise sync does so each minute. */
async function count(context: Context): Promise<number> {
  const { keep } = await underLock(context, (site) => countNow(context, site));
  await keep();
  return 0;
}

async function exportGuest(context: Context, args: string[]): Promise<number> {
  const [guest, file, ...more] = args;
  if (guest === undefined || file === undefined || more.length > 0)
    throw wrongUse('usage export takes NAME FILE');
  const { usage } = context.paths;
  const running = readRunningMonth(usage).value;
  const months = ownPart(usage, ledgerSubject('guest', guest));
  const parts = new Map(readMovedOf(usage, guest, 'nothing is exported')?.parts);
  if (running && months.size > 0) parts.set(running.id, { host: hostname(), until: running.wall, months });
  if (parts.size === 0) {
    throw new Failure(`nothing is known of a guest ${label(guest)}`, 'virt-shaper usage shows who is known');
  }
  writeFile(context, file, encodeMoved({ guest, parts }), movedHead);
  return 0;
}

async function importGuest(context: Context, args: string[]): Promise<number> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0)
    throw wrongUse('usage import takes FILE, which usage export has written');
  const moved = decodeMoved(read(file), file === '-' ? 'what stdin has' : file);
  const { paths, lockTimeout } = context;
  const lock = { file: paths.usageLock, patience: lockTimeout, waiting: () => {} };
  const { taken, known } = await withLock(lock, async () => {
    // The ledger's id is needed to tell which parts were counted on this host.
    if (!isThere(paths.usage)) writeLedger(paths, countAll(paths, { spooled: [], begin: true }));
    return keepMoved(paths.usage, moved, readRunningMonth(paths.usage).value?.id ?? '');
  });
  const whose = `what guest ${label(moved.guest)} has used on ${counted(taken, 'other host')}`;
  if (taken > 0) context.say(`${whose} counts here from now on`);
  else context.say(`nothing to do: ${known > 0 ? 'it is here already' : 'there is nothing in it'}`);
  return 0;
}

/** Bytes: more than the ledger can have of one guest. */
const largest = 4_000_000;

function read(file: string): string {
  try {
    const bytes = readFileSync(file === '-' ? 0 : file);
    if (bytes.length > largest)
      throw new Failure(`${file} is larger than ${largest} bytes: nothing to import`);
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}`, rootHint(error as NodeJS.ErrnoException));
  }
}

/** An existing file is replaced only where this command has written it, in a folder where nobody else can exchange it. */
function writeFile(context: Context, file: string, text: string, head: string): void {
  if (file === '') throw wrongUse('the name of the file is empty');
  if (file === '-') context.print(text);
  else if (isThere(file) || !writeNew(file, text)) writeOutput(file, text, head);
}
