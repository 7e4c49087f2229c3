// The entry that applies to a guest, and why other entries that match its name do not.
import type { Config, GuestEntry } from '../../config/config.ts';
import { escapeName, matchingEntries, patternLength } from '../../config/pattern.ts';
import type { Source } from '../../system/errors.ts';
import { formatPath } from '../../toml/write.ts';

export interface EntryMatch {
  /** As it is written: `[guest."web-*"]`. */
  header: string;
  pattern: boolean;
  at: Source;
}

export interface Matches {
  entry?: EntryMatch;
  /** Other entries that match, with the reason why they do not apply. */
  lost: (EntryMatch & { why: string })[];
}

export function explainMatch(config: Config, name: string): Matches {
  const [winner, ...others] = matchingEntries(config, name);
  if (!winner) return { lost: [] };
  return {
    entry: matchOf(winner),
    lost: others.map((other) => ({ ...matchOf(other), why: whyLost(winner, other) })),
  };
}

/** As it is written, and where. */
export function matchOf({ name, pattern, at }: GuestEntry): EntryMatch {
  return { header: `[${formatPath(['guest', pattern ? name : escapeName(name)])}]`, pattern, at };
}

function whyLost(winner: GuestEntry, other: GuestEntry): string {
  if (!winner.pattern) return 'the exact name wins over a pattern';
  return patternLength(other) < patternLength(winner)
    ? 'the longer pattern wins over the shorter'
    : 'of two patterns of one length the later written wins';
}
