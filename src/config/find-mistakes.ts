// For those who show what is in force while the configuration cannot be used: the mistakes in it, and no error.
import { ConfigError, type Problem } from '../system/errors.ts';
import { type ConfigLocation, readConfig } from './read-config.ts';

/** What keeps the configuration from being used on any host, in the order of the files; nothing where it can be. */
export function findMistakes(location: ConfigLocation): Problem[] {
  try {
    readConfig(location);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.filter(({ severity }) => severity === 'error');
    throw error;
  }
}
