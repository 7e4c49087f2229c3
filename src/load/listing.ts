// nft prints a ruleset otherwise than it was written, so the two cannot be compared. What it printed right after a
// commit can: the same again means nobody changed the table, and the file loaded then is in force. The file's first
// line names that ruleset by its digest; after a small change (small-change.ts), when nft was not asked for all of its
// table again, a second word there says so, and then guests are compared one by one and only the frame as it was printed.
import { readIfThere, writeWhole } from '../files.ts';
import { digestOf } from './digest.ts';
import { sameGuests, takeApart } from './table-parts.ts';

const since = 'and-since';

/** @param table as nft lists it now that `ruleset` has been committed */
export function writeListing(file: string, ruleset: string, table: string): void {
  writeWhole(file, `${digestOf(ruleset)}\n${table}`, 0o600);
}

/** The guests of `ruleset` are in force, by a commit of what had changed only. */
export function noteSmallChange(file: string, ruleset: string): void {
  const record = readIfThere(file) ?? '';
  writeWhole(file, `${digestOf(ruleset)} ${since}\n${tableOf(record)}`, 0o600);
}

/** @returns the digest of the ruleset that was committed last */
export function committedDigest(file: string): string | undefined {
  return readIfThere(file)?.match(/^[0-9a-f]+/)?.[0];
}

/**
 * @param table as nft lists it now
 * @param ruleset what is thought to be in force
 * @returns the digest of the ruleset that is in force, where nobody has changed the table since
 */
export function recognize(file: string, table: string, ruleset: string | undefined): string | undefined {
  const record = readIfThere(file) ?? '';
  const [digest = '', mode] = record.slice(0, record.indexOf('\n')).split(' ');
  if (mode !== since) return digest !== '' && tableOf(record) === table ? digest : undefined;
  if (ruleset === undefined || digestOf(ruleset) !== digest) return undefined;
  const now = takeApart(table);
  const isFramed = now.frame === takeApart(tableOf(record)).frame;
  return isFramed && sameGuests(now, takeApart(ruleset)) ? digest : undefined;
}

/** Whether the record is older than the last change. */
export function isOutdated(file: string): boolean {
  const record = readIfThere(file) ?? '';
  return record.slice(0, record.indexOf('\n')).endsWith(` ${since}`);
}

function tableOf(record: string): string {
  return record.slice(record.indexOf('\n') + 1);
}
