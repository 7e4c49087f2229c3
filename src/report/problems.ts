// Formats a problem of the configuration: place and message, the source line with a caret, and a hint. Files and names may contain
// any characters, so all of it is made printable.
import type { Problem } from '../system/errors.ts';
import { printable } from '../system/printable.ts';

/** The width for a source line; longer ones are cut around the caret. */
const widest = 100;

/** One problem in one line, for commands other than `check`. */
export function formatLine({ severity, at, message }: Problem): string {
  const place = at ? `${at.file}:${at.line}:${at.column}: ` : '';
  return printable(`${severity === 'warning' ? 'warning: ' : ''}${place}${shortened(message)}`);
}

/** For --json: message, hint and place. */
export function problemAsData({ at, message, hint }: Problem): object {
  return { message, ...(hint ? { hint } : {}), ...(at ? { place: at } : {}) };
}

/** The errors of a configuration in one sentence; nothing where it has none. */
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

/** Truncates a message, which may quote a megabyte of somebody's XML without a blank. */
function shortened(message: string): string {
  const longest = 20 * widest;
  return message.length > longest ? `${message.slice(0, longest)}…` : message;
}

function quoteLine(text: string, line: number, column: number): string[] {
  const [before, after] = cut(Array.from(text), column - 1);
  const number = String(line).padStart(5);
  // Tabs are kept in both lines, so that the caret is aligned whatever their width.
  const padding = printable(before, '\t').replace(/[^\t]/gu, ' ');
  return [
    `${number} | ${printable(before + after, '\t')}`.trimEnd(),
    `${' '.repeat(number.length)} | ${padding}^`,
  ];
}

/** The text before the caret and from it on, cut to the width. */
function cut(characters: string[], caret: number): [before: string, after: string] {
  const from =
    characters.length <= widest ? 0 : Math.max(0, Math.min(caret - widest / 2, characters.length - widest));
  const to = from + widest;
  const before = characters.slice(from, caret).join('');
  const after = characters.slice(Math.max(from, caret), to).join('');
  return [(from > 0 ? '…' : '') + before, after + (to < characters.length ? '…' : '')];
}
