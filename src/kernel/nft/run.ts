// Runs nft with a ruleset. nft's errors name a line and columns of its input; they are reported as a place in ruleset.nft,
// with the guest to which the line belongs.
import { Failure } from '../../system/errors.ts';
import type { Run } from '../../system/exec.ts';

export interface NftInput {
  text: string;
  /** A file with this text; absent to pass it by stdin. */
  file?: string;
  /** The file's name in messages. */
  shown: string;
}

/** nft refused the ruleset, so that nothing has changed. */
export class NftRefusal extends Failure {}

/** @throws NftRefusal; another Failure where nft was killed, perhaps after it had committed */
export async function runNft(run: Run, args: string[], { text, file, shown }: NftInput): Promise<void> {
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

/** Finds the guest in the comment of the line, or else of its chain. */
function guestOf(lines: string[], index: number): string | undefined {
  for (const line of lines.slice(Math.max(0, index - 2), index + 1).reverse()) {
    const guest = line.match(/# (.*) (?:sends|receives)$/)?.[1];
    if (guest) return guest;
  }
  return undefined;
}
