// The configuration as it was last understood. Hardly any start finds another one, and understanding it takes a tenth of a
// start: a parser of TOML that has just been loaded reads slowly.
import { deserialize, serialize } from 'node:v8';
import { parseConfig, type ReadConfig } from '../config/read-config.ts';
import { readCache, writeUnlocked } from '../system/files.ts';
import { launcher } from '../system/launched.ts';
import type { Findings } from '../toml/findings.ts';
import type { SourceFile } from '../toml/source-file.ts';

type Understood = Pick<ReadConfig, 'config' | 'warnings'>;

/**
 * As parseConfig does.
 * @param cache file that keeps it; it counts for the same texts and the same build of the program only
 */
export function parseKnown(cache: string, sources: SourceFile[], findings: Findings): ReadConfig {
  const build = launcher()?.build;
  if (build === undefined || findings.inOrder().length > 0) return parseConfig(sources, findings);
  const texts = JSON.stringify([build, ...sources.map(({ name, text }) => [name, text])]);
  const known = decode(readCache(cache), texts);
  if (known) return { ...known, files: sources.map(({ name }) => name), sources };
  const parsed = parseConfig(sources, findings);
  try {
    const { config, warnings } = parsed;
    const bytes = serialize({ config, warnings } satisfies Understood);
    writeUnlocked(cache, `${texts}\n${bytes.toString('base64')}\n`, 0o600);
  } catch {
    // Not ours to write, or no room: it is understood anew.
  }
  return parsed;
}

function decode(kept: string | undefined, texts: string): Understood | undefined {
  if (!kept?.startsWith(`${texts}\n`)) return undefined;
  try {
    return deserialize(Buffer.from(kept.slice(texts.length + 1), 'base64'));
  } catch {
    return undefined; // Not whole.
  }
}
