// Gives a ruleset to nft. Its errors name a line and columns of what it was given: they are shown as a place in
// ruleset.nft, with the guest whose line it is.
import { Failure } from '../../system/errors.ts';
import type { Run } from '../../system/exec.ts';

export interface Ruleset {
  text: string;
  /** That has this text; absent: nft is given it by stdin. */
  file?: string;
  /** The file's name in messages. */
  shown: string;
}

/** It has changed nothing. */
export class NftRefusal extends Failure {}

/** @throws NftRefusal; another Failure where nft was killed, and may have done it */
export async function runNft(run: Run, args: string[], { text, file, shown }: Ruleset): Promise<void> {
  const outcome = await run('nft', [...args, '-f', file ?? '-'], file === undefined ? { input: text } : {});
  if (outcome.status !== 0) throw nftFailure(outcome.stderr, text, shown);
}

function nftFailure(stderr: string, ruleset: string, file: string): NftRefusal {
  const [, line, column, message] = stderr.match(/:(\d+):(\d+)-\d+: Error: (.*)/) ?? [];
  if (!line || !column || !message)
    return new NftRefusal(`nft refused: ${stderr.trim() || 'without a word'}`);
  const lines = ruleset.split('\n');
  const text = lines[Number(line) - 1] ?? '';
  const guest = guestOf(lines, Number(line) - 1);
  const whose = guest ? `guest ${guest}: ` : '';
  return new NftRefusal(`${whose}nft refused: ${message}`, undefined, {
    at: { file, line: Number(line), column: Number(column) },
    text,
  });
}

/** From the comment of the line itself or of the chain that it stands in. */
function guestOf(lines: string[], index: number): string | undefined {
  for (const line of lines.slice(Math.max(0, index - 2), index + 1).reverse()) {
    const guest = line.match(/# (.*) (?:sends|receives)$/)?.[1];
    if (guest) return guest;
  }
  return undefined;
}
