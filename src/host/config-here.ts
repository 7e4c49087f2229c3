// The configuration on this host: altnames are replaced by the devices' primary names.
import {
  type ConfigLocation,
  type Parse,
  parseConfig,
  type ReadConfig,
  readConfig,
} from '../config/read-config.ts';
import { deviceNamesIn, withRealNames } from '../config/real-names.ts';
import { makeRun, type Run } from '../system/exec.ts';
import { readAltnames } from './altnames.ts';
import type { Host } from './host.ts';
import { readDevices } from './read-host.ts';

export interface ConfigHere extends ReadConfig {
  devices: Host['devices'];
}

/** Calls ip only for names that are no device's. @throws ConfigError with every problem of every file */
export async function readConfigHere(
  location: ConfigLocation,
  { run = makeRun(), parse = parseConfig }: { run?: Run; parse?: Parse } = {},
): Promise<ConfigHere> {
  const read = readConfig(location, parse);
  const devices = readDevices();
  const unknown = deviceNamesIn(read.config).filter((name) => !devices.has(name));
  const { config, warnings } = withRealNames(read.config, await readAltnames(run, unknown));
  return { ...read, config, warnings: [...read.warnings, ...warnings], devices };
}
