import { createHash } from 'node:crypto';

/** Names a ruleset by its bytes. */
export function digestOf(ruleset: string): string {
  return createHash('sha256').update(ruleset).digest('hex');
}
