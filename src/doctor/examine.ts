// All sections of doctor: their facts are read once, concurrently, then checked. Each section has its facts and checks in a
// file of its own, and their reader below read/. Nothing is changed, and a fact that cannot be read fails its own section only.

import type { Device } from '../host/host.ts';
import { readNetworks } from '../host/networks.ts';
import { readBridges, readDevices } from '../host/read-host.ts';
import { readInUse } from '../observe/read-in-use.ts';
import type { Paths } from '../store/paths.ts';
import { makeRun } from '../system/exec.ts';
import { checkConfiguration } from './configuration.ts';
import { checkFiles } from './files.ts';
import { type Attempt, attempt, type Finding, had, type Section, unread } from './finding.ts';
import { checkGuests, remediesOf } from './guests.ts';
import { checkInForce } from './in-force.ts';
import { checkKernel } from './kernel.ts';
import { checkLibvirt } from './libvirt.ts';
import { checkNetwork } from './network.ts';
import { readConfiguration } from './read/configuration.ts';
import { readFilesFacts } from './read/files.ts';
import { readGuestFacts } from './read/guests.ts';
import { readInForceFacts } from './read/in-force.ts';
import { readKernelFacts } from './read/kernel.ts';
import { readKernelState } from './read/kernel-state.ts';
import { readLibvirt } from './read/libvirt.ts';
import { readNetwork } from './read/network.ts';
import { readServices } from './read/services.ts';
import { readTools } from './read/tools.ts';
import { checkServices } from './services.ts';
import { checkTools } from './tools.ts';

/** @param timeout of one call of a tool, in milliseconds */
export async function examine(paths: Paths, timeout: number): Promise<Section[]> {
  const run = makeRun({ timeout });
  const [tools, kernel, services, kernelState] = await Promise.all([
    attempt(() => readTools(run)),
    attempt(() => readKernelFacts(run, paths.kernel)),
    attempt(() => readServices(run, paths)),
    attempt(() => readKernelState(paths, timeout)),
  ]);
  const libvirt = await attempt(() => readLibvirt(run, paths, had(services)));
  const found = await attempt(readDevices);
  const devices = had(found) ?? new Map<string, Device>();
  const bridges = readBridges(devices);
  const configuration = await attempt(() => readConfiguration(paths, had(found)));
  const files = await attempt(() => readFilesFacts(run, paths));
  const config = had(configuration)?.config;
  const named = config?.uplinks.map(({ name }) => name) ?? [];
  const guests = await attempt(() => readGuestFacts(paths, devices, bridges, named, config));
  const network = await attempt(() =>
    readNetwork(run, paths, {
      devices,
      bridges,
      config,
      guests: had(guests)?.running ?? [],
      kernelState: had(kernelState),
    }),
  );
  const observed = await attempt(async () => {
    const { guests, inForce } = await readInUse(run, paths); // What it has counted is large, and no check's.
    return { guests, inForce };
  });
  const inForce = await attempt(() => {
    const features = had(had(kernel)?.chosen);
    const noted = had(had(guests)?.noted);
    const present = config && features && noted;
    return readInForceFacts(
      paths,
      present && {
        config,
        guests: noted,
        host: { devices, networks: readNetworks(paths.libvirtNetworks), kernel: features },
      },
      'value' in kernelState ? kernelState.value.drift : kernelState,
      observed,
      had(kernelState)?.obstacles.isUnrecorded,
    );
  });
  const judge = <T>(subject: string, facts: Attempt<T>, check: (facts: T) => Finding[]) =>
    'value' in facts ? check(facts.value) : [unread(subject, subject, facts)];
  const aboutGuests = judge('guests', guests, (facts) =>
    checkGuests({ ...facts, remedies: remediesOf(had(observed)?.guests ?? []) }),
  );
  // A guest that no hook reported is one finding, however many of its NICs are unshaped.
  const unnoted = new Set(
    aboutGuests.filter(({ check }) => check === 'guest.unnoted').map(({ subject }) => subject),
  );
  const aboutForce = judge('in-force', inForce, checkInForce).filter(
    ({ check, subject }) => check !== 'passing.unknown' || !unnoted.has(subject),
  );
  return [
    { title: 'Tools', findings: judge('tools', tools, checkTools) },
    { title: 'Kernel', findings: judge('kernel', kernel, checkKernel) },
    {
      title: 'libvirt',
      findings: [...judge('libvirt', libvirt, checkLibvirt), ...judge('units', services, checkServices)],
    },
    {
      title: 'Configuration',
      findings: [
        ...judge('configuration', configuration, checkConfiguration),
        ...judge('files', files, checkFiles),
      ],
    },
    {
      title: 'Network',
      findings:
        'value' in found ? judge('network', network, checkNetwork) : [unread('devices', 'devices', found)],
    },
    { title: 'Guests', findings: aboutGuests },
    { title: 'In force', findings: aboutForce },
  ];
}
