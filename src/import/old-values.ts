// Parses a line of the old file: "ID RATE CEIL", by position. The id was the mark and the class minor, its first digit the
// group; RATE and CEIL were optional. tc reads minors as hexadecimal, so 10 is 0x10.
import { parseRate } from '../units/rate.ts';
import { type Notes, quotation } from './notes.ts';
import type { OldNames } from './old-names.ts';
import type { Assignment } from './shell-assignments.ts';

/** One guest on one device; rates in bits per second, absent when not written or not valid. */
export interface OldGuest {
  guest: string;
  device: string;
  /** The offset of its name: diagnostics of the whole line point there. */
  offset: number;
  line: number;
  id?: { value: number; written: string; offset: number };
  /** The minor of the group's class as one hexadecimal digit: "1". */
  group?: string;
  rate?: Rate;
  ceil?: Rate;
  /** Whether only one value follows the id: by position it is the rate, but it may have been meant as the ceil. */
  mayBeCeil?: true;
}

export interface Rate {
  value: number;
  offset: number;
}

interface Field {
  text: string;
  offset: number;
}

/** @returns the ceil of a ceil_DEVICE line, in bits per second */
export function readCeil(assignment: Assignment, notes: Notes): number | undefined {
  const [ceil, ...more] = fieldsOf(assignment);
  if (ceil === undefined) {
    notes.error(assignment.offset, `${assignment.name} is empty: the link is imported without a ceil`);
    return undefined;
  }
  sayMore(more, notes);
  return readRate(ceil, notes)?.value;
}

/** @returns nothing for an empty value */
export function readGuest(named: OldNames['guests'][number], notes: Notes): OldGuest | undefined {
  const { guest, device, assignment } = named;
  const fields = fieldsOf(assignment);
  const [first] = fields;
  if (first === undefined) {
    notes.error(assignment.offset, `${quotation(assignment.name)} is empty: not taken over`);
    return undefined;
  }
  const old: OldGuest = { guest, device, offset: assignment.offset, line: assignment.line };
  const idLeftOut = !isId(first.text) && fields.length < 3 && typeof parseRate(first.text) === 'number';
  if (idLeftOut) {
    notes.warning(first.offset, `no id before ${quotation(first.text)}: ${guest} is in no group`, anyId);
  } else {
    readId(old, first, notes);
  }
  readRates(old, idLeftOut ? fields : fields.slice(1), notes);
  if (!idLeftOut && fields.length === 2) old.mayBeCeil = true;
  return old;
}

/** Words for a guest whose id cannot be kept. */
export const anyId = 'an id is chosen when it starts; to fix one, set id in config.toml';
const isId = (text: string) => /^(?:0x)?0*[1-9a-f][0-9a-f]{0,3}$/i.test(text);

function readId(old: OldGuest, { text, offset }: Field, notes: Notes): void {
  const { guest } = old;
  if (isId(text)) old.id = { value: Number.parseInt(text, 16), written: text, offset };
  else notes.warning(offset, `${quotation(text)} is no id (1 to ffff): not taken over`, anyId);
  if (/^[1-9a-f][0-9a-f]*$/i.test(text)) {
    old.group = text.charAt(0).toLowerCase();
  } else {
    notes.warning(offset, `${quotation(text)} begins with no digit of a group (1 to 9): ${guest} is in none`);
  }
  if (isId(text) && /^\d*[a-f]/i.test(text)) {
    const message = `the old hook could not mark packets with ${quotation(text)}: ${guest} is shaped from now on`;
    notes.warning(offset, message);
  }
}

function readRates(old: OldGuest, [rate, ceil, ...more]: Field[], notes: Notes): void {
  const read = { rate: rate && readRate(rate, notes), ceil: ceil && readRate(ceil, notes) };
  if (read.rate !== undefined) old.rate = read.rate;
  if (read.ceil !== undefined) old.ceil = read.ceil;
  sayMore(more, notes);
}

function readRate({ text, offset }: Field, notes: Notes): Rate | undefined {
  const value = parseRate(text);
  if (typeof value === 'number') return { value, offset };
  notes.error(offset, `${quotation(text)} ${value.reason}: not taken over`, value.hint);
  return undefined;
}

function sayMore([first]: Field[], notes: Notes): void {
  if (first === undefined) return;
  notes.error(first.offset, `${quotation(first.text)} is one value too many: not taken over`);
}

/** Field splitting, as the shell does it for an unquoted variable. */
function fieldsOf({ value, offsets, offset }: Assignment): Field[] {
  return Array.from(value.matchAll(/[^ \t\n]+/g), (field) => ({
    text: field[0],
    offset: offsets[field.index] ?? offset,
  }));
}
