// What an importer of NICs' limits makes of one file.
import type { Problem } from '../system/errors.ts';
import type { ImportedGuest } from './to-toml.ts';

export interface Imported {
  guests: ImportedGuest[];
  /** Errors are what could not be taken over, warnings what was with a change or an assumption. */
  problems: Problem[];
}
