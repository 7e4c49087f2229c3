// The keys that every kind of class shares: rate, ceil, their sizes, and its id.
import type { ClassSettings } from '../config.ts';
import type { Fields } from './fields.ts';
import { eachWay, integer, quantum, rate, size } from './values.ts';

export const id = integer((number) => number >= 1 && number <= 0xffff, 'an id from 1 to 65535 (0xffff)');

/** The shared settings of a class; `otherwise` has the values for absent keys. */
export function decodeClass(fields: Fields, otherwise: ClassSettings = {}): Omit<ClassSettings, 'rate'> {
  return {
    ...fields.optional('ceil', eachWay(rate, otherwise.ceil)),
    ...fields.optional('burst', eachWay(size, otherwise.burst)),
    ...fields.optional('cburst', eachWay(size, otherwise.cburst)),
    ...fields.optional('quantum', quantum),
  };
}
