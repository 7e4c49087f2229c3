// A fault that is made on purpose, what it would cost, and which tests are to notice it.
import type { Mutant } from '../operators.ts';
import type { Tests } from '../try.ts';

export interface Listed extends Mutant, Tests {
  /** What a user would lose. */
  what: string;
  /** Why it means the same, and so lives. */
  equivalent?: string;
}
