// The result of importing one file with limits per NIC.
import type { Problem } from '../system/errors.ts';
import type { ImportedGuest } from './to-toml.ts';

export interface ImportResult {
  guests: ImportedGuest[];
  /** Errors are limits that could not be converted, warnings those that were with a change or an assumption. */
  problems: Problem[];
}
