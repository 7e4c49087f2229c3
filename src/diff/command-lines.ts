// Phases (phases.ts) as the commands that do the same from a shell, one line each, in their order.
import { join } from 'node:path';
import type { State } from '../kernel/objects.ts';
import type { Phase } from './phases.ts';

/**
 * @param to what they lead to
 * @param folder where the rules are
 */
export function commandLines(phases: Phase[], to: State, folder: string): string[] {
  return phases.flatMap((phase) => {
    if (phase.name !== 'commit') return phase.steps.map(({ tool, line }) => `${tool} ${line}`);
    if (phase.ruleset === to.ruleset) return [`nft -f ${quoted(join(folder, 'ruleset.nft'))}`];
    // A detour's marks are in no file: they hold until the next nft.
    return ["nft -f - <<'END'", ...phase.ruleset.trimEnd().split('\n'), 'END'];
  });
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
