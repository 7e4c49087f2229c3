// Files -> Config. One error carries every problem of all files.
import type { Problem } from '../system/errors.ts';
import { Findings } from '../toml/findings.ts';
import { mergeFiles } from '../toml/merge.ts';
import type { SourceFile } from '../toml/source-file.ts';
import { parseToml } from '../toml/tree.ts';
import { checkConfig } from './check/config.ts';
import type { Config } from './config.ts';
import { decodeConfig } from './decode/config.ts';
import { type ConfigLocation, readFiles } from './read-files.ts';

export type { ConfigLocation } from './read-files.ts';

/** Decodes texts as parseConfig does. */
export type Parse = (files: SourceFile[], findings: Findings) => ReadConfig;

export interface ReadConfig {
  config: Config;
  warnings: Problem[];
  /** Its files, in the order in which they apply. */
  files: string[];
  /** The files with their text. */
  sources: SourceFile[];
}

/** @throws ConfigError with every problem of every file */
export function readConfig(location: ConfigLocation, parse: Parse = parseConfig): ReadConfig {
  const findings = new Findings();
  return parse(readFiles(location, findings), findings);
}

/** The same for texts that were read already. @param findings the problems found while reading them */
export function parseConfig(files: SourceFile[], findings: Findings = new Findings()): ReadConfig {
  const config = decodeFiles(files, findings);
  findings.throwErrors();
  const names = files.map((file) => file.name);
  return { config, warnings: findings.inOrder(), files: names, sources: files };
}

/**
 * [hook] on_failure of a configuration that may be invalid elsewhere: it decides what happens after an error, so it must not
 * depend on the absence of errors. The default where even this key cannot be read.
 */
export function readOnFailure(location: ConfigLocation): Config['hook']['onFailure'] {
  const findings = new Findings();
  return decodeFiles(readFiles(location, findings), findings).hook.onFailure;
}

function decodeFiles(files: SourceFile[], findings: Findings): Config {
  const trees = files.map((file) => parseToml(file, findings)).filter((tree) => tree !== undefined);
  const config = decodeConfig(mergeFiles(trees), findings);
  checkConfig(config, findings);
  return config;
}
