// Phases (phases.ts) as the commands that do the same from a shell, in their order.
import { join } from 'node:path';
import type { State } from '../kernel/objects.ts';
import type { Phase } from './phases.ts';

export interface Command {
  phase: Phase['name'];
  /** Of several lines where nft is given a ruleset that is in no file. */
  command: string;
}

/**
 * @param to what they lead to
 * @param folder where the rules are
 */
export function commandsOf(phases: Phase[], to: State, folder: string): Command[] {
  return phases.flatMap((phase): Command[] => {
    if (phase.name !== 'commit') {
      return phase.steps.map(({ tool, line }) => ({ phase: phase.name, command: `${tool} ${line}` }));
    }
    const file = `nft -f ${quoted(join(folder, 'ruleset.nft'))}`;
    // A detour's marks are in no file: they hold until the next nft.
    const text = () => ["nft -f - <<'END'", phase.ruleset.trimEnd(), 'END'].join('\n');
    return [{ phase: phase.name, command: phase.ruleset === to.ruleset ? file : text() }];
  });
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
