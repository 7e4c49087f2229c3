// Recognizes whether anybody has changed our nftables table. nft prints a ruleset in other words than it was written in, so
// its listing cannot be compared with our text, but it can with the listing right after our commit: when the two are equal,
// the ruleset of that commit is in force. Ruleset and listing are stored in one file. A small change (small-change.ts)
// stores its ruleset without a new listing, since listing a large table takes long. From then on what belongs to single
// guests is compared with the ruleset, and only the rest of the table with the listing.

import { sameFrame, sameGuests } from '../kernel/nft/same.ts';
import { parseRuleset } from '../kernel/nft/table.ts';
import { decodeUtf8 } from '../system/decode-utf8.ts';
import { readBytes, writeWhole } from '../system/files.ts';

interface Record {
  /** The text that nft committed. */
  ruleset: string;
  /** nft's listing after that commit or, where `changed`, before the small changes since. */
  table: string;
  changed: boolean;
}

/** Neither our rulesets nor nft's listings contain it. */
const separator = '\0';
const end = Buffer.from(separator);
const smallChanges = Buffer.from('small changes since');

/** @param table nft's listing after `ruleset` was committed */
export function writeListing(file: string, ruleset: string, table: string): void {
  writeWhole(file, [ruleset, table].join(separator), 0o600);
}

/** @param ruleset the whole ruleset, of which only what had changed was committed */
export function noteSmallChange(file: string, ruleset: string): void {
  // Copied as bytes and not decoded: a guest's start waits for this, and the table of a thousand guests has half a megabyte.
  const [, table = Buffer.alloc(0)] = splitRecord(file);
  writeWhole(file, Buffer.concat([Buffer.from(ruleset), end, table, end, smallChanges]), 0o600);
}

/** Whether this ruleset was committed last. Compared as bytes, since a guest's start waits for it. */
export function isCommitted(file: string, ruleset: string): boolean {
  const [committed, table] = splitRecord(file);
  return table !== undefined && committed?.equals(Buffer.from(ruleset)) === true;
}

/** Whether this ruleset was committed last, and nft's listing was stored after that commit. */
export function hasFingerprint(file: string, ruleset: string): boolean {
  const record = readRecord(file);
  return record.ruleset === ruleset && !record.changed;
}

/** Whether it is known what was committed last: the file is gone where somebody has removed it. */
export function isRecorded(file: string): boolean {
  return readRecord(file).ruleset !== '';
}

/** Whether the listing is older than the last commit. */
export function isOlder(file: string): boolean {
  return readRecord(file).changed;
}

/**
 * @param table nft's listing now
 * @returns the ruleset in force; undefined where somebody has changed the table since the commit
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

/** @returns the parts of the file, between separators; none where there is no file */
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
  const [ruleset = '', table, changed] = splitRecord(file).map(decodeUtf8);
  // A file of another version has one part only.
  return table === undefined
    ? { ruleset: '', table: '', changed: false }
    : { ruleset, table, changed: changed !== undefined };
}
