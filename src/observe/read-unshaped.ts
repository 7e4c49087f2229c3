// The policy for the running guests on the host as it is now, by the configuration in force and by the saved one: what kept a load from
// shaping a guest may be over, and an entry may wait for an apply. Which guests are shaped is all that counts here, so the rates of the
// moment and the kernel's choices are left out.
import type { Config } from '../config/config.ts';
import { parseConfig, readConfig } from '../config/read-config.ts';
import { type ConfigLocation, readSources } from '../config/read-files.ts';
import { deviceNamesIn, withRealNames } from '../config/real-names.ts';
import type { Guest } from '../guests/guest.ts';
import { readAltnames } from '../host/altnames.ts';
import type { Host } from '../host/host.ts';
import { readNetworks } from '../host/networks.ts';
import { deviceNames, readDevices } from '../host/read-host.ts';
import { everyday } from '../policy/moment/moment.ts';
import type { Unshaped } from '../policy/policy.ts';
import { resolvePolicy } from '../policy/resolve-policy.ts';
import { decodeSnapshot } from '../store/configuration.ts';
import type { InForce } from '../store/in-force-plan.ts';
import { goodSource } from '../store/in-force-rules.ts';
import type { Run } from '../system/exec.ts';
import { isThere } from '../system/files.ts';
import { SourceFile } from '../toml/source-file.ts';
import type { Stray } from './guests.ts';
import type { RunningGuests } from './read-running.ts';
import { findStrays, findUnknown, mayBeOver, type PolicyNow, renewReasons } from './unshaped.ts';

export interface PolicyPaths {
  config: ConfigLocation;
  rules: string;
  libvirtNetworks: string;
  /** The file that exists after an unload. */
  unloaded: string;
}

/**
 * Asks the policy only where something depends on it: a policy for a thousand guests takes a while.
 * @returns the reasons of the last load that still hold, and `strays`: running NICs that no reason of it covers any more
 */
export async function readUnshaped(
  run: Run,
  paths: PolicyPaths,
  inForce: InForce,
  running: RunningGuests,
): Promise<{ unshaped: Unshaped[]; strays: Stray[] }> {
  const { unshaped } = inForce;
  const isDue = unshaped.length > 0 && unshaped.some((one) => mayBeOver(one, isSaved(paths)));
  if (!isDue && findUnknown(inForce, running.guests).length === 0) {
    return { unshaped, strays: findStrays(inForce, running, {}, false) };
  }
  const now = await readPolicyNow(run, paths, running.guests);
  const renewed = renewReasons(unshaped, running, now, new Set(deviceNames()));
  const strays = findStrays(inForce, running, now, isThere(paths.unloaded));
  return { unshaped: renewed.unshaped, strays: [...renewed.missed, ...strays] };
}

/** @param guests all that run: what is one's tap is nobody's uplink */
export async function readPolicyNow(run: Run, paths: PolicyPaths, guests: Guest[]): Promise<PolicyNow> {
  const inForce = isSaved(paths) ? undefined : configInForce(paths);
  const present = readPresent(paths);
  const devices = readDevices();
  const networks = readNetworks(paths.libvirtNetworks);
  const host: Host = { devices, networks, kernel: { leaf: 'bfifo', redirect: 'bpf' } };
  const policyOf = async (config: Config) =>
    resolvePolicy(await withPrimaryNames(run, config, devices), guests, host, everyday);
  const loaded = inForce ?? present;
  return {
    ...(loaded ? { loaded: await policyOf(loaded) } : {}),
    ...(inForce && present ? { saved: await policyOf(present) } : {}),
  };
}

/** Whether the saved configuration is the one in force, by its text. */
export function isSaved({ config, rules }: Pick<PolicyPaths, 'config' | 'rules'>): boolean {
  const textsOf = (files: { name: string; text: string }[]) =>
    JSON.stringify(files.map(({ name, text }) => [name, text]));
  const files = filesInForce(rules);
  return files !== undefined && textsOf(files) === textsOf(readSources(config));
}

/** @returns undefined where none is, or where another version has loaded it, which knew other keys */
export function configInForce({ rules }: { rules: string }): Config | undefined {
  const files = filesInForce(rules);
  try {
    return files && parseConfig(files.map(({ name, text }) => new SourceFile(name, text))).config;
  } catch {
    return undefined;
  }
}

/** Without the templates, which are in the same snapshot. */
function filesInForce(rules: string): { name: string; text: string }[] | undefined {
  return decodeSnapshot(goodSource(rules))?.files.filter(({ name }) => name.endsWith('.toml'));
}

function readPresent({ config }: PolicyPaths): Config | undefined {
  try {
    return readConfig(config).config;
  } catch {
    return undefined;
  }
}

async function withPrimaryNames(run: Run, config: Config, devices: Host['devices']): Promise<Config> {
  const unknown = deviceNamesIn(config).filter((name) => !devices.has(name));
  return withRealNames(config, await readAltnames(run, unknown)).config;
}
