// Reports the changes of a load: a line for each guest, with --verbose also the lines of tc.
import type { Found } from '../../diff/difference.ts';
import { changeLines, changeSummary } from '../../report/change-lines.ts';
import { reportDifferences } from '../../report/differences.ts';
import type { Context } from '../context.ts';

/** The listener for the changes of a load. */
export interface Telling {
  /** The message when there is nothing to do; empty for none. */
  nothing: string;
  /** Called before the first change is made. */
  announce: (found: Found) => void;
  /** Called after the last change. */
  summary: () => string;
}

export function tell(context: Context, nothing: string): Telling {
  let done = '';
  const said = new Set<string>();
  return {
    nothing,
    // A load that is repeated without what the kernel refused reports only lines that are new.
    announce: (found) => {
      sayChanges(context, found, said);
      done = changeSummary(found, 'done');
    },
    summary: () => done,
  };
}

/** The most lines that are shown: a first load may have a thousand guests. */
const most = 20;

function sayChanges(context: Context, found: Found, said: Set<string>): void {
  const lines = changeLines(found, 'plan').filter((line) => !said.has(line));
  if (said.size > 0 && lines.length > 0) context.say('instead, since the kernel refused a line:');
  for (const line of lines) said.add(line);
  const shown = context.verbose || lines.length <= most ? lines : lines.slice(0, most - 1);
  for (const line of shown) context.say(line);
  if (shown.length < lines.length)
    context.say(`and ${lines.length - shown.length} more: --verbose shows them`);
  if (context.verbose) context.detail(reportDifferences(found).trimEnd());
}
