// nft prints a ruleset otherwise than it was written, so the two cannot be compared. What it printed right after a
// commit can: the same again means nobody changed the table, and the ruleset given then is in force. Both are kept in one
// file. After a small change (small-change.ts) nft is not asked for its whole table again: then the ruleset kept is newer
// than the listing, guests are compared one by one with it, and only the frame as it was printed.

import { sameFrame, sameGuests } from '../kernel/nft/same.ts';
import { parseRuleset } from '../kernel/nft/table.ts';
import { readBytes, writeWhole } from '../system/files.ts';

interface Record {
  /** As it was given to nft. */
  ruleset: string;
  /** As nft listed it then, or before small changes since. */
  table: string;
  changed: boolean;
}

/** No text of ours or nft's has it. */
const separator = '\0';
const end = Buffer.from(separator);
const smallChanges = Buffer.from('small changes since');

/** @param table as nft lists it now that `ruleset` has been committed */
export function writeListing(file: string, ruleset: string, table: string): void {
  writeWhole(file, [ruleset, table].join(separator), 0o600);
}

/** @param ruleset whose guests are in force now, by a commit of what had changed only */
export function noteSmallChange(file: string, ruleset: string): void {
  // Not understood, since a guest's start waits for it: a table of a thousand guests is half a megabyte.
  const [, table = Buffer.alloc(0)] = splitRecord(file);
  writeWhole(file, Buffer.concat([Buffer.from(ruleset), end, table, end, smallChanges]), 0o600);
}

/** The ruleset that was committed last; empty where that is not known. */
export function readCommitted(file: string): string {
  const [ruleset, table] = splitRecord(file);
  return table === undefined ? '' : (ruleset?.toString('utf8') ?? '');
}

/** Whether this is the ruleset that was committed last, and nft was asked what it looks like. */
export function isListed(file: string, ruleset: string): boolean {
  const record = readRecord(file);
  return record.ruleset === ruleset && !record.changed;
}

/** Whether nft was not asked for its table since the last change. */
export function isOlder(file: string): boolean {
  return readRecord(file).changed;
}

/**
 * @param table as nft lists it now
 * @returns the ruleset that is in force, where nobody has changed the table since it was committed
 */
export function recognize(file: string, table: string): string | undefined {
  const record = readRecord(file);
  const { ruleset } = record;
  if (ruleset === '' || !record.changed)
    return ruleset !== '' && record.table === table ? ruleset : undefined;
  const now = parseRuleset(table);
  const isAsLoaded = sameFrame(now, parseRuleset(record.table)) && sameGuests(now, parseRuleset(ruleset));
  return isAsLoaded ? ruleset : undefined;
}

/** Its parts as they stand there: as many as there are. */
function splitRecord(file: string): Buffer[] {
  const bytes = readBytes(file);
  const parts: Buffer[] = [];
  let from = 0;
  while (bytes && from <= bytes.length) {
    const at = bytes.indexOf(end, from);
    const to = at < 0 ? bytes.length : at;
    parts.push(bytes.subarray(from, to));
    from = to + end.length;
  }
  return parts;
}

function readRecord(file: string): Record {
  const [ruleset = '', table, changed] = splitRecord(file).map((part) => part.toString('utf8'));
  // One of another version has no second part.
  return table === undefined
    ? { ruleset: '', table: '', changed: false }
    : { ruleset, table, changed: changed !== undefined };
}
