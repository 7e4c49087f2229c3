// Files -> Config. What is wrong in any of them is said of all of them, in one error.
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

/** As parseConfig does. */
export type Parse = (files: SourceFile[], findings: Findings) => ReadConfig;

export interface ReadConfig {
  config: Config;
  warnings: Problem[];
  /** The files that it comes from, in the order in which they apply. */
  files: string[];
  /** The same with their text. */
  sources: SourceFile[];
}

/** Throws a ConfigError with every problem of every file. */
export function readConfig(location: ConfigLocation, parse: Parse = parseConfig): ReadConfig {
  const findings = new Findings();
  return parse(readFiles(location, findings), findings);
}

/** The same of texts that were read already. @param findings what was found out about them before */
export function parseConfig(files: SourceFile[], findings: Findings = new Findings()): ReadConfig {
  const config = decodeFiles(files, findings);
  findings.throwErrors();
  const names = files.map((file) => file.name);
  return { config, warnings: findings.inOrder(), files: names, sources: files };
}

/**
 * [hook] on_failure of a configuration that may be wrong elsewhere: the rule for what to do when something
 * is wrong must not depend on nothing being wrong. The default where even this cannot be read.
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
