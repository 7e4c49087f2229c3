// libvirt's XML -> plain data. A tenant may have written parts of it, so its size is bounded before parsing, its depth by the
// parser, and a DOCTYPE is refused: no entities but XML's own five.
import { type X2jOptions, XMLParser, XMLValidator } from 'fast-xml-parser';
import { Failure } from '../system/errors.ts';

/** Attributes as `@name`, children by name. */
export type Element = Record<string, unknown>;

/** Elements with free text or foreign content, which a tenant may write: they stay unparsed text. */
const opaque = ['metadata', 'title', 'description'];

/** @param paths of the domain element in the document */
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
 * @param what the text is, as the subject of a message: `the domain XML on stdin`
 * @param largest size in bytes
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

/** @throws Failure when the text must not be parsed */
export function checkXml(xml: string, what: string, largest: number, hint?: string): void {
  if (Buffer.byteLength(xml) > largest) throw new Failure(`${what} is larger than ${largest} bytes`);
  // An unclosed element extends to the end of the text: searching again from each opening tag would be quadratic.
  if (/<!DOCTYPE/i.test(xml.replace(/<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)/g, ''))) {
    throw new Failure(`${what} has a DOCTYPE, which libvirt never writes`);
  }
  const valid = XMLValidator.validate(xml);
  if (valid !== true) {
    throw new Failure(`${what} is not well-formed: line ${valid.err.line}: ${valid.err.msg}`, hint);
  }
}

/** The children and attributes of an element; nothing for an empty one, those of the first of several. */
export function element(value: unknown): Element {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'object' && first !== null ? (first as Element) : {};
}

export function elementText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const text = element(value)['#text'];
  return typeof text === 'string' ? text : undefined;
}
