// Prints phases (phases.ts) as shell commands that do the same, in the same order.
import type { Phase } from './phases.ts';
import type { Step } from './steps.ts';

export interface Command {
  phase: Phase['name'];
  /** Of several lines where the ruleset of an nft command is in no file. */
  command: string;
}

/** The file that holds a ruleset, and what it holds. */
export interface RulesetFile {
  path: string;
  ruleset: string;
}

/** @param there absent where no file stays that a command could name */
export function commandsOf(phases: Phase[], there?: RulesetFile): Command[] {
  return phases.flatMap((phase): Command[] => {
    if (phase.name !== 'commit') {
      return phase.steps.map((step) => ({ phase: phase.name, command: commandOf(step) }));
    }
    // In no file is a ruleset with detours, in force only until the next nft command, and one without what an obstacle blocks.
    const command =
      phase.ruleset === there?.ruleset
        ? `nft -f ${quoted(there.path)}`
        : ["nft -f - <<'END'", phase.ruleset.trimEnd(), 'END'].join('\n');
    return [{ phase: phase.name, command }];
  });
}

function commandOf({ tool, line }: Step): string {
  return tool === 'sysctl' ? `sysctl -w ${line.replace(' = ', '=')}` : `${tool} ${line}`;
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
