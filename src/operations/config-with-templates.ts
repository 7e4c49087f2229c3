// The two configurations that rules can be rendered from: the present one, and the one in force, whose snapshot is unpacked into
// files and read in the same way.

import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { readOnFailure } from '../config/read-config.ts';
import type { ConfigLocation } from '../config/read-files.ts';
import { type ConfigHere, readConfigHere } from '../host/config-here.ts';
import { readOverrides, templatesBeside } from '../render/templates.ts';
import { describeError } from '../report/errors.ts';
import { findLaidOut, layOut, snapshotText } from '../store/configuration.ts';
import { goodSource } from '../store/in-force-rules.ts';
import { parseKnown } from '../store/parsed-config.ts';
import { isFull } from '../system/errors.ts';
import type { Context } from './context.ts';

/** A configuration with its templates and their sources. */
export interface ConfigWithTemplates extends ConfigHere {
  templates: string;
  /** The snapshot of both, as it is stored beside the rules. */
  snapshot: string;
}

/** @param paths the cache of the parsed configuration; absent for a configuration that may never be loaded */
export async function readWithTemplates(
  { parsedConfig }: Partial<Context['paths']>,
  location: ConfigLocation,
  templates = templatesAt(location),
): Promise<ConfigWithTemplates> {
  const found = await readConfigHere(
    location,
    parsedConfig === undefined
      ? {}
      : { parse: (files, findings) => parseKnown(parsedConfig, files, findings) },
  );
  const overrides = readOverrides(templates, location.file);
  return { ...found, templates, snapshot: snapshotText([...found.sources, ...overrides]) };
}

function templatesAt({ root = '', file }: ConfigLocation): string {
  return join(root, templatesBeside(file));
}

/** @returns where the configuration in force is unpacked; the present one's place where there is none, or no room to unpack it */
export function placeInForce({ paths }: Context): ConfigLocation {
  try {
    return findLaidOut(paths.held) ?? layOut(goodSource(paths.rules), paths.lastGood) ?? paths.config;
  } catch (error) {
    if (!isFull(error)) throw error;
    return paths.config;
  }
}

/** [hook] on_failure. Whatever keeps the one in force from being read, the present one has it, too: nothing throws here. */
export function onFailure(context: Context): Config['hook']['onFailure'] {
  for (const place of [() => placeInForce(context), () => context.paths.config]) {
    try {
      return readOnFailure(place());
    } catch {
      // The next one.
    }
  }
  return 'allow';
}

/** @returns nothing where nothing was loaded, or where this version cannot parse the configuration in force */
export async function readLoaded(context: Context): Promise<ConfigWithTemplates | undefined> {
  const place = placeInForce(context);
  if (place === context.paths.config) return undefined;
  try {
    return await readWithTemplates(context.paths, place);
  } catch (error) {
    context.warn(describeError(error));
    context.warn('warning: the configuration in force cannot be used any more; the present one counts');
    return undefined;
  }
}
