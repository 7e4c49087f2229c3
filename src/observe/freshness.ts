// Whether what is in force is still what is asked for, told without understanding either: the texts of the
// configuration and of the rules against those that were loaded.
import { join } from 'node:path';
import { findMistakes } from '../config/find-mistakes.ts';
import { type ConfigLocation, readSources } from '../config/read-files.ts';
import type { Rules } from '../render/render.ts';
import { readOverrides } from '../render/templates.ts';
import { snapshotText } from '../store/configuration.ts';
import { type History, readHistory } from '../store/history.ts';
import { goodSource, ruleFiles } from '../store/in-force-rules.ts';
import { type Off, readOff } from '../store/unloaded.ts';
import type { Problem } from '../system/errors.ts';
import { readCache } from '../system/files.ts';
import type { Unclaimed } from './read-unclaimed.ts';

export interface Asked {
  /** Whether anything is in force. */
  loaded: boolean;
  /** Whether a file of the configuration was written since what is in force was rendered. */
  configChanged: boolean;
  /** What keeps a configuration that is not in force from being used. */
  mistakes: Problem[];
  /** Whether rules.d says anything else than what is in force. */
  rulesChanged: boolean;
  history: History;
  /** Absent unless somebody has switched it off. */
  off?: Off;
  /** Where nothing is in force: what is in the kernel that no load of ours made. */
  unclaimed?: Unclaimed;
}

export interface AskedPaths {
  config: ConfigLocation;
  templates: string;
  rules: string;
  history: string;
  unloaded: string;
}

export async function readAsked({ config, templates, rules, history, unloaded }: AskedPaths): Promise<Asked> {
  const good = readWhatIsThere(rules);
  const source = goodSource(rules);
  const off = readOff(unloaded);
  const sources = readSources(config);
  const present = () => snapshotText([...sources, ...readOverrides(templates, config.file)]);
  const configChanged = source !== undefined && present() !== source;
  // Where nothing is in force, there need not be one yet.
  const unused = configChanged || (source === undefined && sources.length > 0);
  return {
    loaded: good !== undefined,
    configChanged,
    mistakes: unused ? findMistakes(config) : [],
    rulesChanged: ruleFiles.some((name) => readCache(join(rules, name)) !== good?.[name]),
    history: readHistory(history),
    ...(off ? { off } : {}),
  };
}

/** One of them may be missing: what was loaded can be shown all the same. Nothing when there is none. */
function readWhatIsThere(rules: string): Partial<Rules> | undefined {
  const texts = ruleFiles.map((name) => [name, readCache(join(rules, 'good', name))] as const);
  return texts.some(([, text]) => text !== undefined) ? Object.fromEntries(texts) : undefined;
}
