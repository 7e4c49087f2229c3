// What a comparison found, with the two states, for those who show it.

import type { State } from '../kernel/objects.ts';
import type { Difference } from './compare.ts';

export interface Found {
  list: Difference[];
  from: State;
  to: State;
  /** What was loaded last: it knows whose the objects are that are to go. */
  loaded?: State;
}
