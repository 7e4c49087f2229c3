// A cache of the parsed configuration. The files have rarely changed between two starts of guests, and parsing them takes a
// tenth of a start, since V8 runs a TOML parser slowly that it has just loaded.
import { deserialize, serialize } from 'node:v8';
import { parseConfig, type ReadConfig } from '../config/read-config.ts';
import { readCache, writeUnlocked } from '../system/files.ts';
import { launcher } from '../system/launched.ts';
import type { Findings } from '../toml/findings.ts';
import type { SourceFile } from '../toml/source-file.ts';

type Understood = Pick<ReadConfig, 'config' | 'warnings'>;

/**
 * As parseConfig, by way of the cache.
 * @param cache its file, valid only for the same texts and the same build of the program
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
    // No permission or no room: the next call parses again.
  }
  return parsed;
}

function decode(kept: string | undefined, texts: string): Understood | undefined {
  if (!kept?.startsWith(`${texts}\n`)) return undefined;
  try {
    return deserialize(Buffer.from(kept.slice(texts.length + 1), 'base64'));
  } catch {
    return undefined; // Damaged.
  }
}
