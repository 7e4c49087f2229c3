// Guests that libvirt knows and that are shut off now, from the files that it keeps of them: a first configuration
// without them would look as if they had been forgotten. What cannot be read is left out.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { maxDomainXml } from '../guests/domain-xml.ts';
import { drivers, type Guest } from '../guests/guest.ts';
import { decodeNics } from '../guests/nics.ts';
import { type Element, element, elementText, parseXml } from '../guests/xml.ts';

/** @param folder /etc/libvirt @param running their names are left out */
export function readDefined(folder: string, running: string[]): Guest[] {
  const networks = new Map(
    elementsIn(join(folder, 'qemu/networks'), 'network').flatMap((network) => {
      const [name, bridge] = [elementText(network.name), elementText(element(network.bridge)['@name'])];
      return name && bridge ? [[name, bridge] as const] : [];
    }),
  );
  return drivers.flatMap((driver) =>
    elementsIn(join(folder, driver), 'domain').flatMap((domain): Guest[] => {
      const name = elementText(domain.name);
      if (!name || running.includes(name)) return [];
      const { nics, skipped } = decodeNics(asIfStarted(element(domain.devices), networks));
      return [{ name, driver, nics, ...(skipped.length > 0 ? { skipped } : {}) }];
    }),
  );
}

/** Guests of two drivers with one name have one entry, so they are one here, with the NICs of both. */
export function oneByName(guests: Guest[]): Guest[] {
  const all = new Map<string, Guest>();
  for (const guest of guests) {
    const { nics = [], skipped = [] } = all.get(guest.name) ?? {};
    const both = [...skipped, ...(guest.skipped ?? [])];
    all.set(guest.name, {
      ...guest,
      nics: [...nics, ...guest.nics],
      ...(both.length > 0 ? { skipped: both } : {}),
    });
  }
  return [...all.values()];
}

/** A NIC has its tap, and that of a network its bridge, only while its guest runs. */
function asIfStarted(devices: Element, networks: Map<string, string>): Element {
  const interfaces = Array.isArray(devices.interface) ? devices.interface : [];
  const started = interfaces.map((item, index) => {
    const nic = element(item);
    const source = element(nic.source);
    const bridge = elementText(source['@bridge']) ?? networks.get(elementText(source['@network']) ?? '');
    const target = { ...element(nic.target), '@dev': `NIC${index + 1}` };
    return { ...nic, target, source: { ...source, ...(bridge ? { '@bridge': bridge } : {}) } };
  });
  return { ...devices, interface: started };
}

function elementsIn(folder: string, root: string): Element[] {
  return files(folder).flatMap((file) => {
    try {
      const { [root]: found } = parseXml(readFileSync(file, 'utf8'), file, maxDomainXml);
      return found === undefined ? [] : [element(found)];
    } catch {
      return [];
    }
  });
}

function files(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.xml'));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return []; // No such driver on this host, or not for us to see.
  }
}
