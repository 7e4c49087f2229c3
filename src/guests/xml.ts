// XML as libvirt writes it, to plain data. A tenant may have written parts of it, so it is bounded before it is
// parsed (bytes here, depth by the parser), and a DOCTYPE is refused: no entities but XML's own five.
import { type X2jOptions, XMLParser, XMLValidator } from 'fast-xml-parser';
import { Failure } from '../system/errors.ts';

/** Attributes as `@name`, children by name. */
export type Element = Record<string, unknown>;

/** Free text and elements of anybody's: not ours to parse, and a tenant's to write. They stay as text. */
const opaque = ['metadata', 'title', 'description'];

/** @param paths where domains may stand */
export function parserOptions(paths: string[]): X2jOptions {
  const interfaces = paths.map((path) => `${path}.devices.interface`);
  return {
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: { enabled: true, maxEntityCount: 0 },
    stopNodes: paths.flatMap((path) => opaque.map((name) => `${path}.${name}`)),
    isArray: (_name, path) => interfaces.includes(String(path)),
  };
}

const parser = new XMLParser(parserOptions(['domain', 'domstatus.domain']));

/**
 * @param what the text is, to begin a sentence with: `the domain XML on stdin`
 * @param largest bytes
 * @throws Failure when it is not one whole XML document within its bounds
 */
export function parseXml(xml: string, what: string, largest: number, hint?: string): Element {
  checkXml(xml, what, largest, hint);
  try {
    return element(parser.parse(xml));
  } catch (error) {
    throw new Failure(`${what} cannot be read: ${(error as Error).message}`);
  }
}

/** @throws Failure when a parser must not see it */
export function checkXml(xml: string, what: string, largest: number, hint?: string): void {
  if (Buffer.byteLength(xml) > largest) throw new Failure(`${what} is larger than ${largest} bytes`);
  // What is never closed is taken to the end: searched for again from each beginning, it would take minutes.
  if (/<!DOCTYPE/i.test(xml.replace(/<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)/g, ''))) {
    throw new Failure(`${what} has a DOCTYPE, which libvirt never writes`);
  }
  const valid = XMLValidator.validate(xml);
  if (valid !== true) {
    throw new Failure(`${what} is not well-formed: line ${valid.err.line}: ${valid.err.msg}`, hint);
  }
}

/** The element's children and attributes; nothing for an empty one, the first of a repeated one. */
export function element(value: unknown): Element {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'object' && first !== null ? (first as Element) : {};
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const text = element(value)['#text'];
  return typeof text === 'string' ? text : undefined;
}
