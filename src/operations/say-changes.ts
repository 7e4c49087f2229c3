// What a load changes, as it is said to whoever loads: a line for each guest, the lines of tc behind it with --verbose.
import { readSources } from '../config/read-files.ts';
import type { Found } from '../diff/comparison.ts';
import { readOverrides } from '../render/templates.ts';
import { changeLines, changeSummary } from '../report/change-lines.ts';
import { reportDifferences } from '../report/differences.ts';
import { snapshotText } from '../store/configuration.ts';
import { readCompanions, sourceFile } from '../store/in-force-rules.ts';
import type { Context } from './context.ts';

/** Whoever wants to know what a load changes. */
export interface Telling {
  /** Said when there is nothing to do; empty where nobody need hear it. */
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

/** Of a first load of a thousand guests nobody reads each. */
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

/** plan and load go by rules.d; who has just saved a change would wonder. */
export function sayEdited({ paths, say }: Context): void {
  const rendered = readCompanions(paths.rules).get(sourceFile);
  if (rendered === undefined) return;
  try {
    const sources = [...readSources(paths.config), ...readOverrides(paths.templates, paths.config.file)];
    if (snapshotText(sources) === rendered) return;
  } catch {
    return; // It cannot be read at all, which whoever renders is told.
  }
  say('the configuration has changed since rules.d was rendered: virt-shaper apply --dry-run shows what for');
}
