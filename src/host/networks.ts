// libvirt's own networks by their bridges: a guest on one of them reaches the world by the host's routing, not by a port of the
// bridge. Read from libvirt's files, since asking libvirt would deadlock inside a hook.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { element, elementText, parseXml } from '../guests/xml.ts';
import type { Network } from './host.ts';

/** The largest file read, in bytes. */
const largest = 1024 * 1024;

/**
 * @param folder /run/libvirt/network
 * @returns bridge -> network; a file that cannot be read is left out, since only messages depend on it
 */
export function readNetworks(folder: string): Map<string, Network> {
  return new Map(files(folder).flatMap((file) => readNetwork(join(folder, file))));
}

function files(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.xml'));
  } catch {
    return []; // No libvirt with networks on this host.
  }
}

function readNetwork(file: string): [bridge: string, network: Network][] {
  try {
    const root = parseXml(readFileSync(file, 'utf8'), file, largest);
    const network = element(element(root.networkstatus).network);
    const [name, bridge] = [elementText(network.name), elementText(element(network.bridge)['@name'])];
    const mode =
      network.forward === undefined ? 'isolated' : (elementText(element(network.forward)['@mode']) ?? 'nat');
    // In other modes the bridge is the administrator's own, or there is none.
    if (!name || !bridge || !['nat', 'route', 'open', 'isolated'].includes(mode)) return [];
    return [[bridge, { name, mode: mode as Network['mode'] }]];
  } catch {
    return [];
  }
}
