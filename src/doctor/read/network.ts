// The facts for the network's checks, assembled from what the other readers found; little is read here.
import type { Config } from '../../config/config.ts';
import { decodeConfig } from '../../config/decode/config.ts';
import type { Guest } from '../../guests/guest.ts';
import type { Host } from '../../host/host.ts';
import { readNetworks } from '../../host/networks.ts';
import { readWaysOut } from '../../host/ways-out.ts';
import { findMarksBeside } from '../../load/foreign-marks.ts';
import { configInForce } from '../../observe/read-unshaped.ts';
import { markOf } from '../../plan/names.ts';
import { everyday } from '../../policy/moment/moment.ts';
import type { Policy } from '../../policy/policy.ts';
import { resolvePolicy } from '../../policy/resolve-policy.ts';
import { readInForce } from '../../store/in-force-plan.ts';
import type { Paths } from '../../store/paths.ts';
import type { Run } from '../../system/exec.ts';
import { readIfThere } from '../../system/files.ts';
import { Findings } from '../../toml/findings.ts';
import { readBypass } from '../bypass.ts';
import { attempt, had } from '../finding.ts';
import type { NetworkFacts } from '../network.ts';
import type { KernelStateFacts } from './kernel-state.ts';

export interface NetworkSources {
  devices: Host['devices'];
  bridges: string[];
  /** Absent when it has errors: then the configuration in force names the uplinks. */
  config: Config | undefined;
  /** Those that run. */
  guests: Guest[];
  /** Absent when it could not be read. */
  kernelState: KernelStateFacts | undefined;
}

export async function readNetwork(run: Run, paths: Paths, sources: NetworkSources): Promise<NetworkFacts> {
  const { devices, bridges, guests, kernelState } = sources;
  const config = sources.config ?? configInForce(paths) ?? decodeConfig(undefined, new Findings());
  const networks = readNetworks(paths.libvirtNetworks);
  const policy = wantedPolicy(config, networks, sources);
  const wanted = policy.uplinks.flatMap((uplink) => uplink.guests.flatMap(({ taps }) => taps));
  const isRouting = config.uplinks.some(({ routed }) => routed !== undefined);
  const waysOut = await attempt(() =>
    readWaysOut(run, isRouting ? bridges.map((bridge) => ({ name: bridge, bridge })) : []),
  );
  const marks = [0, ...wanted.map(({ way }) => way)].map((way) => markOf(config.markBase, 0, way));
  const bypass = await attempt(() =>
    readBypass(run, {
      listing: kernelState?.listing ?? '',
      devices: new Set([
        ...wanted.flatMap(({ name, bridge }) => [name, bridge]),
        ...policy.uplinks.flatMap(({ name, ports, routes }) => [
          name,
          ...routes,
          ...ports.map((port) => port.name),
        ]),
      ]),
      marks,
      reflect: config.reflect && wanted.length > 0,
    }),
  );
  return {
    devices,
    networks,
    bridges,
    config,
    guests,
    unreachable: policy.unshaped.filter(({ kind }) => kind === 'unreachable'),
    shaped: new Set([...wanted, ...(await loadedTaps(paths))].map(({ name }) => name)),
    ...(kernelState ? { obstacles: kernelState.obstacles } : {}),
    foreignMarks: kernelState ? findMarksBeside(kernelState.listing, marks) : [],
    waysOut: had(waysOut) ?? new Map(),
    ...('value' in bypass ? { bypass: bypass.value } : {}),
    ...readCallIptables(),
  };
}

/** The policy that the configuration asks for; the one in force may be older, or newer than it after a rollback. */
function wantedPolicy(
  config: Config,
  networks: NetworkFacts['networks'],
  { guests, devices }: NetworkSources,
): Policy {
  // The kernel's choices and the rates of the moment do not matter here: only which guests are limited.
  const host = { devices, networks, kernel: { leaf: 'bfifo', redirect: 'bpf' } } as const;
  return resolvePolicy(config, guests, host, everyday);
}

async function loadedTaps(paths: Paths): Promise<{ name: string }[]> {
  return had(await attempt(() => readInForce(paths.rules)))?.uplinks.flatMap(({ taps }) => taps) ?? [];
}

function readCallIptables(): { callIptables?: boolean } {
  const text = readIfThere('/proc/sys/net/bridge/bridge-nf-call-iptables');
  return text === undefined ? {} : { callIptables: text.trim() === '1' };
}
