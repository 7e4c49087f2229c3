// What a load changes, as it is said to whoever loads: a line for each guest, the lines of tc behind it with --verbose.
import type { Found } from '../../diff/difference.ts';
import { changeLines, changeSummary } from '../../report/change-lines.ts';
import { reportDifferences } from '../../report/differences.ts';
import type { Context } from '../context.ts';

/** Whoever wants to know what a load changes. */
export interface Telling {
  /** Message when there is nothing to do; empty for none. */
  nothing: string;
  /** Before the first change is made. */
  announce: (found: Found) => void;
  /** After the last. */
  summary: () => string;
}

export function tell(context: Context, nothing: string): Telling {
  let done = '';
  const said = new Set<string>();
  return {
    nothing,
    // A load that has to be tried again without what was refused says what is new.
    announce: (found) => {
      sayChanges(context, found, said);
      done = changeSummary(found, 'done');
    },
    summary: () => done,
  };
}

/** Lines at the most: a first load may bring a thousand guests. */
const most = 20;

function sayChanges(context: Context, found: Found, said: Set<string>): void {
  const lines = changeLines(found, 'plan').filter((line) => !said.has(line));
  for (const line of lines) said.add(line);
  const shown = context.verbose || lines.length <= most ? lines : lines.slice(0, most - 1);
  for (const line of shown) context.say(line);
  if (shown.length < lines.length)
    context.say(`and ${lines.length - shown.length} more: --verbose shows them`);
  if (context.verbose) context.detail(reportDifferences(found).trimEnd());
}
