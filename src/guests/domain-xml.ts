// libvirt's domain XML, as the hook gets it on stdin -> the guest's NICs. A tenant may have written parts
// of it, so it is bounded before it is parsed (bytes here, depth by the parser), a DOCTYPE is refused (no
// entities but XML's own five) and no name from it goes further than `isDeviceName` allows.
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { Failure } from '../errors.ts';
import { isDeviceName } from '../units.ts';
import type { Guest, Nic } from './guest.ts';

/** Bytes. libvirt's largest real domains stay far below; the parser never sees more. */
export const maxDomainXml = 1024 * 1024;

/** A NIC that is not shaped, and why. */
export interface SkippedNic {
  nic: string;
  reason: string;
}

export interface Domain {
  guest: Guest;
  skipped: SkippedNic[];
}

type Element = Record<string, unknown>;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: { enabled: true, maxEntityCount: 0 },
  // Free text and elements of anybody's: not ours to parse, and a tenant's to write.
  stopNodes: ['domain.metadata', 'domain.title', 'domain.description'],
  isArray: (_name, path) => path === 'domain.devices.interface',
});

/**
 * @param name the guest's name as libvirt passed it to the hook
 * @throws Failure when the text is not one whole domain, or another guest's
 */
export function parseDomain(xml: string, name: string): Domain {
  const domain = parseRoot(xml);
  const described = textOf(domain.name);
  // Numeric character references are not decoded, so only a name without them can be compared.
  if (described !== undefined && !described.includes('&#') && described !== name) {
    throw new Failure(`the XML on stdin describes the guest "${described}", not "${name}"`);
  }
  const devices = element(domain.devices);
  const interfaces = Array.isArray(devices.interface) ? devices.interface : [];
  const nics: Nic[] = [];
  const skipped: SkippedNic[] = [];
  for (const [index, item] of interfaces.entries()) {
    const nic = decodeNic(element(item));
    if (typeof nic === 'string') skipped.push({ nic: nicLabel(element(item), index), reason: nic });
    else if (!nics.some(({ tap }) => tap === nic.tap)) nics.push(nic);
  }
  const uuid = textOf(domain.uuid)?.trim();
  return { guest: { name, ...(uuid ? { uuid } : {}), nics }, skipped };
}

function parseRoot(xml: string): Element {
  const hint =
    'libvirt passes it to the hook; by hand: virsh dumpxml GUEST | virt-shaper hook qemu GUEST start begin -';
  if (xml.trim() === '') throw new Failure('no domain XML on stdin', hint);
  if (Buffer.byteLength(xml) > maxDomainXml) {
    throw new Failure(`the domain XML on stdin is larger than ${maxDomainXml} bytes`);
  }
  if (/<!DOCTYPE/i.test(xml.replace(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g, '')))
    throw new Failure('the domain XML on stdin has a DOCTYPE, which libvirt never writes');
  const valid = XMLValidator.validate(xml);
  if (valid !== true) {
    throw new Failure(
      `the domain XML on stdin is not well-formed: line ${valid.err.line}: ${valid.err.msg}`,
      hint,
    );
  }
  let root: unknown;
  try {
    root = parser.parse(xml);
  } catch (error) {
    throw new Failure(`the domain XML on stdin cannot be read: ${(error as Error).message}`);
  }
  const domain = element(root).domain;
  if (typeof domain !== 'object' || domain === null) {
    throw new Failure('the XML on stdin is not a libvirt <domain>', hint);
  }
  return element(domain);
}

/** The NIC, or the reason why it is not shaped. */
function decodeNic(item: Element): Nic | string {
  const type = textOf(item['@type']) ?? 'unknown';
  const bridge = textOf(element(item.source)['@bridge']);
  const tap = textOf(element(item.target)['@dev']);
  const mac = textOf(element(item.mac)['@address']);
  if (type !== 'bridge' && type !== 'network') return `type='${type}' does not cross a Linux bridge`;
  if (textOf(element(item.virtualport)['@type']) === 'openvswitch')
    return 'Open vSwitch does its own shaping';
  if (!bridge) return `type='${type}' names no bridge`;
  if (!tap) return 'has no tap on this host';
  if (!isDeviceName(bridge))
    return `its bridge has a name that virt-shaper does not take: ${JSON.stringify(bridge)}`;
  if (!isDeviceName(tap)) return `its tap has a name that virt-shaper does not take: ${JSON.stringify(tap)}`;
  return { tap, bridge, ...(mac ? { mac } : {}) };
}

function nicLabel(item: Element, index: number): string {
  return textOf(element(item.target)['@dev']) ?? textOf(element(item.mac)['@address']) ?? `NIC ${index + 1}`;
}

/** The element's children and attributes; nothing for an empty one, the first of a repeated one. */
function element(value: unknown): Element {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'object' && first !== null ? (first as Element) : {};
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const text = element(value)['#text'];
  return typeof text === 'string' ? text : undefined;
}
