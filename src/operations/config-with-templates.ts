// The configurations that rules can be made from: the present one, and the one in force, which is laid out as files to be
// read like it.

import { join } from 'node:path';
import type { ConfigLocation } from '../config/read-files.ts';
import { type ConfigHere, readConfigHere } from '../host/config-here.ts';
import { readOverrides, templatesBeside } from '../render/templates.ts';
import { describeError } from '../report/errors.ts';
import { findLaidOut, layOut, snapshotText } from '../store/configuration.ts';
import { goodSource } from '../store/in-force-rules.ts';
import { parseKnown } from '../store/parsed-config.ts';
import { isFull } from '../system/errors.ts';
import type { Context } from './context.ts';

/** A configuration with its templates, and what both were read from. */
export interface ConfigWithTemplates extends ConfigHere {
  templates: string;
  /** As it is kept beside the rules. */
  snapshot: string;
}

/** @param paths where it is kept as it was understood; absent for one that nobody may ever load */
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

/**
 * Where the configuration in force is, laid out to be read; the present one's place where there is none, or no room for
 * it.
 */
export function placeInForce({ paths }: Context): ConfigLocation {
  try {
    return findLaidOut(paths.held) ?? layOut(goodSource(paths.rules), paths.lastGood) ?? paths.config;
  } catch (error) {
    if (!isFull(error)) throw error;
    return paths.config;
  }
}

/** @returns nothing where nothing was loaded, or where another version of virt-shaper could read what was */
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
