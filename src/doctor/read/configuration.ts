// The configuration's files, and the permissions of these and every other file that is read as root.
import { dirname } from 'node:path';
import { checkHost } from '../../config/check/host.ts';
import type { Config } from '../../config/config.ts';
import { readConfig } from '../../config/read-config.ts';
import { readConfigHere } from '../../host/config-here.ts';
import type { Host } from '../../host/host.ts';
import { checkUplinks } from '../../policy/check-uplinks.ts';
import { readTemplates } from '../../render/templates.ts';
import { findLaidOut } from '../../store/configuration.ts';
import type { Paths } from '../../store/paths.ts';
import { readPending } from '../../store/pending.ts';
import { ConfigError, type Problem } from '../../system/errors.ts';
import { isThere } from '../../system/files.ts';
import type { ConfigurationFacts } from '../configuration.ts';
import { attempt, had } from '../finding.ts';
import { writersOf } from './stat.ts';

/** @param devices the host's, absent when they could not be read */
export async function readConfiguration(
  paths: Paths,
  devices: Host['devices'] | undefined,
): Promise<ConfigurationFacts> {
  const { file } = paths.config;
  const read = await tryConfig(paths, devices !== undefined);
  const pending = had(await attempt(() => readPending(paths.pending)));
  return {
    file,
    there: isThere(file),
    errors: read.errors,
    warnings: [...read.warnings, ...(read.config && devices ? checkHere(read.config, devices) : [])],
    ...(read.config ? { config: read.config } : {}),
    held: had(await attempt(() => findLaidOut(paths.held))) !== undefined,
    ...(pending ? { pending } : {}),
    writable: readWritable(paths),
    templates: await attempt(() => readOwnTemplates(paths.templates)),
  };
}

function checkHere(config: Config, devices: Host['devices']): Problem[] {
  return [...checkHost(config, devices.keys()), ...checkUplinks(config, devices)];
}

async function tryConfig(
  { config }: Paths,
  hasDevices: boolean,
): Promise<{ config?: Config; errors: Problem[]; warnings: Problem[] }> {
  try {
    return { ...(hasDevices ? await readConfigHere(config) : readConfig(config)), errors: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { errors: error.problems, warnings: [] };
    return { errors: [{ severity: 'error', message: (error as Error).message }], warnings: [] };
  }
}

function readOwnTemplates(folder: string): Map<string, string> {
  const own = [...readTemplates(folder)].filter(([, { file }]) => dirname(file) === folder);
  return new Map(own.map(([name, { text }]) => [name, text]));
}

/** Configuration files and templates are not checked here: their readers refuse such permissions themselves. */
function readWritable(paths: Paths): Map<string, string> {
  const folders = [dirname(paths.config.file), dirname(paths.guests), dirname(paths.ids), paths.rules];
  return new Map(
    [...new Set(folders)].flatMap((path) => {
      const writers = writersOf(path);
      return writers ? [[path, writers] as const] : [];
    }),
  );
}
