// A problem as the administrator sees it: place and message, the line of the file with a caret under the
// place, and what to do. Files and names may hold anything, so nothing of theirs reaches the terminal raw.
import type { Problem } from '../system/errors.ts';
import { printable } from '../system/printable.ts';

/** Room for the text of a line; longer lines are cut around the caret. */
const widest = 100;

/** One problem in one line, for those who are about something else. */
export function formatLine({ severity, at, message }: Problem): string {
  const place = at ? `${at.file}:${at.line}:${at.column}: ` : '';
  return printable(`${severity === 'warning' ? 'warning: ' : ''}${place}${shortened(message)}`);
}

/** For --json: message, hint and place. */
export function problemAsData({ at, message, hint }: Problem): object {
  return { message, ...(hint ? { hint } : {}), ...(at ? { place: at } : {}) };
}

/** A configuration that cannot be used, in one sentence; nothing where it can be. */
export function describeMistakes(mistakes: Problem[]): string | undefined {
  const [first] = mistakes;
  if (!first) return undefined;
  const more = mistakes.length > 1 ? ` (the first of ${mistakes.length} mistakes)` : '';
  return `the configuration cannot be used: ${formatLine(first)}${more}: virt-shaper check shows all`;
}

/** One problem as lines of text, without a newline at the end. */
export function formatProblem({ severity, at, message, hint, text }: Problem): string {
  const place = at ? `${at.file}:${at.line}:${at.column}: ` : '';
  const warning = severity === 'warning' ? 'warning: ' : '';
  const lines = [printable(`${place}${warning}${shortened(message)}`)];
  if (at && text !== undefined) lines.push(...quoteLine(text, at.line, at.column));
  for (const line of hint?.split('\n') ?? []) lines.push(`      ${printable(line)}`);
  return lines.join('\n');
}

/** A message may quote what somebody else has written, a megabyte of XML without a blank even. */
function shortened(message: string): string {
  const longest = 20 * widest;
  return message.length > longest ? `${message.slice(0, longest)}…` : message;
}

function quoteLine(text: string, line: number, column: number): string[] {
  const [before, after] = cut(Array.from(text), column - 1);
  const number = String(line).padStart(5);
  // Tabs stay what they are in both lines, so that the caret stands right whatever their width.
  const padding = printable(before, '\t').replace(/[^\t]/gu, ' ');
  return [
    `${number} | ${printable(before + after, '\t')}`.trimEnd(),
    `${' '.repeat(number.length)} | ${padding}^`,
  ];
}

/** The text before and from the caret on, within the room there is. */
function cut(characters: string[], caret: number): [before: string, after: string] {
  const from =
    characters.length <= widest ? 0 : Math.max(0, Math.min(caret - widest / 2, characters.length - widest));
  const to = from + widest;
  const before = characters.slice(from, caret).join('');
  const after = characters.slice(Math.max(from, caret), to).join('');
  return [(from > 0 ? '…' : '') + before, after + (to < characters.length ? '…' : '')];
}
