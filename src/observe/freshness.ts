// Whether what is in force is up to date, without parsing: compares the texts of configuration and rules with those that were loaded.
import { join } from 'node:path';
import { findMistakes } from '../config/find-mistakes.ts';
import { type ConfigLocation, readSources } from '../config/read-files.ts';
import type { Rules } from '../render/render.ts';
import { readOverrides } from '../render/templates.ts';
import { snapshotText } from '../store/configuration.ts';
import { type History, readHistory } from '../store/history.ts';
import { goodSource, ruleFiles } from '../store/in-force-rules.ts';
import { type Pending, readPending } from '../store/pending.ts';
import { type Off, readOff } from '../store/unloaded.ts';
import type { Problem } from '../system/errors.ts';
import { isThere, readCache } from '../system/files.ts';
import type { Unclaimed } from './read-unclaimed.ts';

export interface Freshness {
  /** Whether anything is in force. */
  loaded: boolean;
  /** Whether the configuration differs from the one that the rules in force were rendered from. */
  configChanged: boolean;
  /** The errors of a configuration that is not in force. */
  mistakes: Problem[];
  /** Whether rules.d differs from the rules in force. */
  rulesChanged: boolean;
  /** Whether a file of rules.d is missing while rules are in force. */
  rulesMissing?: true;
  history: History;
  /** A load that waits for its confirmation; absent where none does. */
  pending?: Pending;
  /** Since when and why it is switched off; absent where it is not. */
  off?: Off;
  /** Where nothing is in force: objects in the kernel that this installation has not loaded. */
  unclaimed?: Unclaimed;
}

export interface AskedPaths {
  config: ConfigLocation;
  templates: string;
  rules: string;
  history: string;
  unloaded: string;
  pending: string;
}

export async function readFreshness(paths: AskedPaths): Promise<Freshness> {
  const { config, templates, rules, history, unloaded } = paths;
  const good = readWhatIsThere(rules);
  const source = goodSource(rules);
  const off = readOff(unloaded);
  const pending = readPending(paths.pending);
  const sources = readSources(config);
  const present = () => snapshotText([...sources, ...readOverrides(templates, config.file)]);
  const configChanged = source !== undefined && present() !== source;
  // Where nothing is in force, there need not be a configuration yet.
  const unused = configChanged || (source === undefined && sources.length > 0);
  return {
    loaded: good !== undefined,
    configChanged,
    mistakes: unused ? findMistakes(config) : [],
    rulesChanged: ruleFiles.some((name) => readCache(join(rules, name)) !== good?.[name]),
    ...(good && ruleFiles.some((name) => good[name] !== undefined && !isThere(join(rules, name)))
      ? { rulesMissing: true as const }
      : {}),
    history: readHistory(history),
    ...(off ? { off } : {}),
    ...(pending ? { pending } : {}),
  };
}

/** The rules in force, even if some of their files are missing; nothing when all are. */
function readWhatIsThere(rules: string): Partial<Rules> | undefined {
  const texts = ruleFiles.map((name) => [name, readCache(join(rules, 'good', name))] as const);
  return texts.some(([, text]) => text !== undefined) ? Object.fromEntries(texts) : undefined;
}
