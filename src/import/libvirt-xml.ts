// The <bandwidth> elements of libvirt's domain XML, one domain or many in a text, as guests' ceils. libvirt counts in
// kilobytes of 1,000 bytes; its inbound is what the guest receives (docs/formatdomain, "Quality of service").
import { XMLParser } from 'fast-xml-parser';
import { checkXml, type Element, element, elementText, parserOptions } from '../guests/xml.ts';
import { Failure } from '../system/errors.ts';
import { SourceFile } from '../toml/source-file.ts';
import type { Both, Direction } from '../units/units.ts';
import { takeName } from './guest-names.ts';
import { readBandwidth } from './libvirt-bandwidth.ts';
import { type LimitedGuest, type LimitedNic, settleLimits } from './nic-limits.ts';
import { Notes, quotation } from './notes.ts';
import type { ImportResult } from './old-limits.ts';

/** The largest text, in bytes: some thousand domains. */
const largest = 16 * 1024 * 1024;

const paths = ['domains.domain', 'domains.domstatus.domain'];
const { isArray: isInterface, ...options } = parserOptions(paths);
const parser = new XMLParser({
  ...options,
  isArray: (name, path, ...rest) =>
    ['domains.domain', 'domains.domstatus'].includes(String(path)) ||
    isInterface?.(name, path, ...rest) === true,
  captureMetaData: true,
});
const position = XMLParser.getMetaDataSymbol() as unknown as string;
const frame = '<domains>';

/**
 * @param taken the names of guests in other files; those of this file are added
 * @throws Failure when it is not XML within its bounds
 */
export function importDomains(text: string, file: string, taken: Set<string>): ImportResult {
  // The parser normalises line ends in the same way, so the offsets that it reports fit this text.
  const source = new SourceFile(file, text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n'));
  const notes = new Notes(source);
  const xml = source.text.replace(/<\?xml\b[^<>]*\?>/g, (head) => head.replace(/[^\n]/g, ' '));
  checkXml(`${frame}${xml}</domains>`, file, largest);
  const root = parse(`${frame}${xml}</domains>`, file);
  const domains = [...list(root.domain), ...list(root.domstatus).map((status) => status.domain)].map(element);
  if (domains.length === 0) notes.error(0, 'there is no <domain> in it', 'virsh dumpxml GUEST prints one');
  const guests = domains.flatMap((domain) => {
    const before = notes.count;
    const guest = readDomain(domain, source, taken, notes);
    const settled = guest && settleLimits(guest, notes);
    return settled ? { ...settled, notes: notes.since(before) } : [];
  });
  return { guests, problems: notes.inOrder() };
}

function parse(xml: string, file: string): Element {
  try {
    return element(element(parser.parse(xml)).domains);
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function readDomain(
  domain: Element,
  source: SourceFile,
  taken: Set<string>,
  notes: Notes,
): LimitedGuest | undefined {
  const offset = offsetOf(domain);
  const name = elementText(domain.name) ?? '';
  if (name.includes('&#')) {
    notes.error(
      offset,
      `the name ${quotation(name)} has character references: not taken over`,
      'write its entry by hand',
    );
    return undefined;
  }
  const nics = list(element(domain.devices).interface).map((nic, index) =>
    readNic(element(nic), index, notes),
  );
  if (!nics.some((nic) => nic && Object.keys({ ...nic.ceil, ...nic.rate }).length > 0)) return undefined;
  if (!takeName(name, offset, taken, notes)) return undefined;
  const from = `${source.name}, line ${source.place(offset).line}`;
  return { name, from, offset, nics: nics.flatMap((nic) => nic ?? []) };
}

/** @returns nothing for a NIC that is not on a Linux bridge */
function readNic(nic: Element, index: number, notes: Notes): LimitedNic | undefined {
  const name =
    elementText(element(nic.target)['@dev']) ??
    elementText(element(nic.mac)['@address']) ??
    `NIC ${index + 1}`;
  const type = elementText(nic['@type']) ?? '';
  const bandwidth = element(nic.bandwidth);
  const offset = offsetOf(bandwidth) || offsetOf(nic);
  const isOvs = elementText(element(nic.virtualport)['@type']) === 'openvswitch';
  if (isOvs || !['bridge', 'network', 'ethernet'].includes(type)) {
    if (nic.bandwidth !== undefined) {
      const why = isOvs
        ? 'Open vSwitch does its own shaping'
        : `type=${quotation(type)} does not cross a Linux bridge`;
      notes.error(offset, `the limit of ${label(name)} is not taken over: ${why}`);
    }
    return undefined;
  }
  const source = element(nic.source);
  const bridge = elementText(source['@bridge']) ?? `network ${elementText(source['@network']) ?? ''}`;
  const ways: Both<Element> = { out: element(bandwidth.outbound), in: element(bandwidth.inbound) };
  const routed = /^(?:virbr\d+|network default)$/.test(bridge) ? { routed: true as const } : {};
  const read: LimitedNic = { name: label(name), offset, bridge, ...routed, ceil: {}, rate: {} };
  for (const way of ['out', 'in'] as Direction[])
    readBandwidth(ways[way], way, read, offsetOf(ways[way]) || offset, notes);
  return read;
}

const label = (name: string) => quotation(name).slice(1, -1);

function list(value: unknown): Element[] {
  return Array.isArray(value) ? value.map(element) : value === undefined ? [] : [element(value)];
}

/** The offset at which an element begins; 0 for an empty element, for which the parser gives none. */
function offsetOf(of: Element): number {
  const { startIndex = frame.length } = (of[position] ?? {}) as { startIndex?: number };
  return Math.max(0, startIndex - frame.length);
}
