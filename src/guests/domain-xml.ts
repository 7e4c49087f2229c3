// libvirt's domain XML -> a guest. It comes by stdin of the hook, or in a status file around the domain. No
// name from it goes further than `isDeviceName` allows.
import { Failure } from '../system/errors.ts';
import type { Driver, Guest } from './guest.ts';
import { decodeMetadata } from './metadata.ts';
import { decodeNics } from './nics.ts';
import { type Element, element, parseXml, textOf } from './xml.ts';

/** Bytes. libvirt's largest real domains stay far below; the parser never sees more. */
export const maxDomainXml = 1024 * 1024;

/** Bytes; a status file has the domain and what the driver knows of its process. */
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
  const described = textOf(domain.name);
  // Numeric character references are not decoded, so only a name without them can be compared.
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
    return textOf(element(parseXml(xml, 'XML', maxDomainXml).domain).uuid)?.trim();
  } catch {
    return undefined;
  }
}

function decodeDomain(domain: Element, name: string, driver: Driver): Guest {
  const { nics, skipped } = decodeNics(element(domain.devices));
  const uuid = textOf(domain.uuid)?.trim();
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
