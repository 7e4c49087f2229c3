// For views, which show the policy in force while the configuration is invalid: its errors as a list, not as an exception.
import { ConfigError, type Problem } from '../system/errors.ts';
import { type ConfigLocation, readConfig } from './read-config.ts';

/** The configuration's errors on any host, in the order of the files; empty when it is valid. */
export function findMistakes(location: ConfigLocation): Problem[] {
  try {
    readConfig(location);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.filter(({ severity }) => severity === 'error');
    throw error;
  }
}
