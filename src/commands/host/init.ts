// virt-shaper init: writes a first config.toml from this host's bridges, links and guests. It never replaces an existing
// one.
import { dirname, join } from 'node:path';
import { decodeConfig } from '../../config/decode/config.ts';
import type { Guest } from '../../guests/guest.ts';
import { reconcile } from '../../guests/reconcile.ts';
import { readStatusFiles } from '../../guests/status-files.ts';
import { readDefaultRoute } from '../../host/default-route.ts';
import { type Host, stackOf } from '../../host/host.ts';
import { readNetworks } from '../../host/networks.ts';
import { readBridges, readDevices } from '../../host/read-host.ts';
import { oneByName, readDefined } from '../../init/defined-guests.ts';
import { type FoundHost, type FoundLink, firstConfig } from '../../init/first-config.ts';
import type { Context } from '../../operations/context.ts';
import { findUplinks, sharedBelow } from '../../policy/uplinks.ts';
import { describeError } from '../../report/errors.ts';
import { readGuests } from '../../store/guests.ts';
import { Failure } from '../../system/errors.ts';
import { readIfThere, writeNew } from '../../system/files.ts';
import { makeFolder } from '../../system/folders.ts';
import { stepsAfter } from '../../text/first-steps.ts';
import { counted, label } from '../../text/label.ts';
import { Findings } from '../../toml/findings.ts';
import { tomlKey } from '../../toml/write.ts';
import { byName, isDeviceName } from '../../units/units.ts';

export async function initCommand(context: Context, { print }: { print?: boolean }): Promise<number> {
  const host = await findHost(context);
  const text = firstConfig(host);
  if (print) {
    context.print(text);
    return 0;
  }
  const path = context.paths.config.file;
  if (!writeNew(path, text)) {
    throw new Failure(
      `${path} is there already, and stays as it is`,
      'virt-shaper init --print shows what a first one would be; virt-shaper check looks at the one that is there',
    );
  }
  makeDropIns(context);
  const { uplinks, guests } = host;
  const off = guests.filter((guest) => guest.off).length;
  context.say(
    `${path} written: ${counted(uplinks.length, 'uplink')}, ${counted(guests.length, 'guest')} as comments` +
      (off > 0 ? ` (${off} shut off)` : ''),
  );
  for (const { reason, ports } of host.undecided) {
    context.warn(`warning: ${reason}`);
    const tables = ports.map((port) => `[uplink.${tomlKey(port)}]`).join(' or ');
    if (tables) context.warn(`      take the "# " from the lines of ${tables} in the file`);
  }
  const former = join(context.paths.libvirtHooks, 'bandwidth.conf');
  if (readIfThere(former) !== undefined) {
    context.say(`the old hook's values are in ${former}: virt-shaper import ${former} prints them as TOML`);
  }
  context.say(`it limits nobody yet: write in it what your guests shall have, then: ${stepsAfter('init')}`);
  return 0;
}

/** Makes config.d, only beside the default configuration file: other folders belong to the administrator. */
function makeDropIns({ paths: { config, usualConfig } }: Context): void {
  if (config.file === usualConfig) makeFolder(join(dirname(usualConfig), 'config.d'));
}

async function findHost(context: Context): Promise<FoundHost> {
  const devices = readDevices();
  const guests = findGuests(context, devices);
  const off = readDefined(
    context.paths.libvirtEtc,
    guests.map(({ name }) => name),
  );
  const config = decodeConfig(undefined, new Findings());
  // The kernel's abilities do not matter here: any values will do.
  const networks = readNetworks(context.paths.libvirtNetworks);
  const host: Host = { devices, kernel: { leaf: 'bfifo', redirect: 'bpf' } };
  const found: FoundHost = { uplinks: [], undecided: [], isolated: [], guests: [] };
  const ports = new Map<string, string>();
  for (const bridge of readBridges(devices)) {
    if (!isDeviceName(bridge)) {
      const reason = `${label(bridge)} is a bridge of a name that virt-shaper does not take`;
      found.undecided.push({ bridge, reason, ports: [] });
      continue;
    }
    const { uplinks, doubts, odd } = findUplinks(config, host, guests, bridge);
    if (odd !== undefined) {
      found.undecided.push({ bridge, reason: odd, ports: uplinks.map(({ name }) => name) });
      continue;
    }
    for (const { name } of uplinks) ports.set(bridge, name);
    for (const { kind, reason, ports: choice = [] } of doubts) {
      if (kind === 'needless') found.isolated.push(bridge);
      else found.undecided.push({ bridge, reason, ports: choice.filter(isDeviceName) });
    }
  }
  // Bridges on top of one NIC share its link, so the NIC is the uplink of all of them.
  const ways = new Map(
    [...ports].map(([bridge, port]) => [bridge, sharedBelow(devices, port, [...ports.values()])]),
  );
  for (const name of new Set(ways.values())) {
    const bridges = [...ways].flatMap(([bridge, way]) => (way === name ? [bridge] : []));
    const speed = devices.get(name)?.speed;
    found.uplinks.push({ name, bridges, ...(speed === undefined ? {} : { speed }) });
  }
  const routed = routedWith(networks, [...guests, ...off], devices);
  const way = routed.length > 0 ? wayOut(found.uplinks, devices) : undefined;
  if (way) {
    if (!found.uplinks.includes(way)) found.uplinks.push(way);
    way.routed = true;
    for (const bridge of routed) ways.set(bridge, way.name);
    found.isolated = found.isolated.filter((bridge) => !routed.includes(bridge));
  }
  found.uplinks.sort(byName);
  found.guests = oneByName([...guests, ...off])
    .sort(byName)
    .map(({ name, nics, skipped = [] }) => ({
      name,
      ...(off.some((one) => one.name === name) ? { off: true } : {}),
      nics: nics.map(({ tap, bridge: written, bandwidth = false }) => {
        const bridge = devices.get(tap)?.master ?? written;
        const uplink = ways.get(bridge ?? '');
        return { tap, bandwidth, ...(bridge ? { bridge } : {}), ...(uplink ? { uplink } : {}) };
      }),
      skipped,
    }));
  return found;
}

/** The bridges of libvirt's networks that have guests, and from which the host routes to the outside. */
function routedWith(
  networks: NonNullable<Host['networks']>,
  guests: Guest[],
  devices: Host['devices'],
): string[] {
  const used = new Set(
    guests.flatMap(({ nics }) => nics.map(({ tap, bridge }) => devices.get(tap)?.master ?? bridge)),
  );
  return [...networks].flatMap(([bridge, { mode }]) =>
    mode !== 'isolated' && used.has(bridge) ? bridge : [],
  );
}

/** The uplink of the host's default route: one of `uplinks`, or a new one. */
function wayOut(uplinks: FoundLink[], devices: Host['devices']): FoundLink | undefined {
  const name = readDefaultRoute();
  if (name === undefined || !isDeviceName(name)) return undefined;
  const below = stackOf(devices, name);
  const found = uplinks.find((uplink) => uplink.bridges.includes(name) || below.includes(uplink.name));
  const speed = devices.get(name)?.speed;
  return found ?? { name, bridges: [], ...(speed === undefined ? {} : { speed }) };
}

/** The running guests, as `sync` finds them, without storing them. */
function findGuests(context: Context, devices: Host['devices']): Guest[] {
  const { paths } = context;
  let noted: Guest[] = [];
  try {
    noted = readGuests(paths.guests);
  } catch (error) {
    context.warn(describeError(error));
  }
  const running = readStatusFiles(paths.libvirtState, noted);
  for (const { name, reason } of running.unread) {
    context.warn(`warning: guest ${label(name)} is left out: ${reason}`);
  }
  return reconcile(noted, running, new Set(devices.keys()));
}
