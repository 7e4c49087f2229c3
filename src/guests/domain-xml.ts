// libvirt's domain XML -> a guest. It is the hook's stdin, or part of a status file. No device name from it is used unless
// `isDeviceName` accepts it.
import { Failure } from '../system/errors.ts';
import type { Driver, Guest } from './guest.ts';
import { decodeMetadata } from './metadata.ts';
import { decodeNics } from './nics.ts';
import { type Element, element, elementText, parseXml } from './xml.ts';

/** In bytes, far above libvirt's largest real domains; longer texts are refused before they are parsed. */
export const maxDomainXml = 1024 * 1024;

/** In bytes; a status file has the domain and the driver's state of its process. */
const maxStatusXml = 2 * maxDomainXml;

const hint =
  'libvirt passes it to the hook; by hand: virsh dumpxml GUEST | virt-shaper hook qemu GUEST start begin -';

/**
 * @param name the guest's name as libvirt passed it to the hook
 * @throws Failure when the text is not one whole domain, or another guest's
 */
export function parseDomain(xml: string, name: string, driver: Driver): Guest {
  if (xml.trim() === '') throw new Failure('no domain XML on stdin', hint);
  const root = parseXml(xml, 'the domain XML on stdin', maxDomainXml, hint);
  if (typeof root.domain !== 'object' || root.domain === null) {
    throw new Failure('the XML on stdin is not a libvirt <domain>', hint);
  }
  const domain = element(root.domain);
  const described = elementText(domain.name);
  // Numeric character references are not decoded, so a name with one cannot be compared.
  if (described !== undefined && !described.includes('&#') && described !== name) {
    throw new Failure(`the XML on stdin describes the guest "${described}", not "${name}"`);
  }
  return decodeDomain(domain, name, driver);
}

/**
 * @param xml the text of /run/libvirt/DRIVER/NAME.xml
 * @throws Failure when it is not one whole status file
 */
export function parseStatus(xml: string, name: string, driver: Driver): Guest {
  const root = parseXml(xml, `libvirt's status of ${JSON.stringify(name)}`, maxStatusXml);
  const { domain } = element(root.domstatus);
  if (typeof domain !== 'object' || domain === null) {
    throw new Failure(`libvirt's status of ${JSON.stringify(name)} has no <domain>`);
  }
  return decodeDomain(element(domain), name, driver);
}

/** @returns the uuid of a domain, when the text is one; nothing is thrown */
export function uuidOf(xml: string): string | undefined {
  try {
    return elementText(element(parseXml(xml, 'XML', maxDomainXml).domain).uuid)?.trim();
  } catch {
    return undefined;
  }
}

function decodeDomain(domain: Element, name: string, driver: Driver): Guest {
  const { nics, skipped } = decodeNics(element(domain.devices));
  const uuid = elementText(domain.uuid)?.trim();
  const metadata = decodeMetadata(domain);
  return {
    name,
    driver,
    ...(uuid ? { uuid } : {}),
    nics,
    ...(skipped.length > 0 ? { skipped } : {}),
    ...(metadata ? { metadata } : {}),
  };
}
