// Prints phases (phases.ts) as shell commands that do the same, in the same order.
import { join } from 'node:path';
import type { State } from '../kernel/objects.ts';
import type { Phase } from './phases.ts';
import type { Step } from './steps.ts';

export interface Command {
  phase: Phase['name'];
  /** Of several lines where the ruleset of an nft command is in no file. */
  command: string;
}

/**
 * @param to the state after the phases
 * @param folder of the rules
 */
export function commandsOf(phases: Phase[], to: State, folder: string): Command[] {
  return phases.flatMap((phase): Command[] => {
    if (phase.name !== 'commit') {
      return phase.steps.map((step) => ({ phase: phase.name, command: commandOf(step) }));
    }
    const file = `nft -f ${quoted(join(folder, 'ruleset.nft'))}`;
    // A ruleset with detours is in no file: it is in force only until the next nft command.
    const text = () => ["nft -f - <<'END'", phase.ruleset.trimEnd(), 'END'].join('\n');
    return [{ phase: phase.name, command: phase.ruleset === to.ruleset ? file : text() }];
  });
}

function commandOf({ tool, line }: Step): string {
  return tool === 'sysctl' ? `sysctl -w ${line.replace(' = ', '=')}` : `${tool} ${line}`;
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
