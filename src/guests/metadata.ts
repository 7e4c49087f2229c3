// The limits in a guest's own XML: one element of ours in the domain's <metadata>, which migrates with the guest. It has
// attributes only, since libvirt puts its namespace on the element and not on children. The configuration decides what of it
// is granted (policy/).
import { parseRate } from '../units/rate.ts';
import { directions } from '../units/units.ts';
import type { GuestMetadata } from './guest.ts';
import { type Element, element, elementText, parseXml } from './xml.ts';

/** The namespace of <shaping>; its schema is packaging/schema/virt-shaper-guest.rng. */
export const metadataNamespace = 'urn:virt-shaper:guest:1';

export const metadataAttributes = ['group', 'rate', 'rate-out', 'rate-in', 'ceil', 'ceil-out', 'ceil-in'];

/** In bytes. Ours is one line; other programs' metadata may have any size. */
const largest = 64 * 1024;

/** @param domain with `metadata` as unparsed text */
export function decodeMetadata(domain: Element): GuestMetadata | undefined {
  const raw = elementText(domain.metadata);
  if (!raw?.includes(metadataNamespace)) return undefined;
  try {
    const shaping = findShaping(
      element(parseXml(`<metadata>${raw}</metadata>`, '<metadata>', largest).metadata),
    );
    return shaping && decodeShaping(shaping);
  } catch (error) {
    return { problems: [(error as Error).message] };
  }
}

/** libvirt declares the namespace on each element of <metadata>, with a prefix or as the default. */
function findShaping(metadata: Element): Element | undefined {
  for (const [name, value] of Object.entries(metadata)) {
    const [, prefix, local] = name.match(/^(?:([^:@]+):)?([^:@]+)$/) ?? [];
    const found = element(value);
    const namespace = elementText(found[prefix ? `@xmlns:${prefix}` : '@xmlns']);
    if (local === 'shaping' && namespace === metadataNamespace) return found;
  }
  return undefined;
}

function decodeShaping(shaping: Element): GuestMetadata {
  const problems: string[] = [];
  for (const name of Object.keys(shaping)) {
    const attribute = name.slice(1);
    if (!name.startsWith('@') || attribute.startsWith('xmlns')) continue;
    if (!metadataAttributes.includes(attribute)) problems.push(`<shaping> has no "${attribute}"`);
  }
  const rateOf = (attribute: string): number | undefined => {
    const text = elementText(shaping[`@${attribute}`]);
    if (text === undefined) return undefined;
    const parsed = parseRate(text);
    if (typeof parsed === 'number') return parsed;
    problems.push(`${attribute}: ${JSON.stringify(text)} ${parsed.reason}`);
    return undefined;
  };
  const group = elementText(shaping['@group']);
  return {
    ...(group ? { group } : {}),
    ...eachWay('rate', rateOf),
    ...eachWay('ceil', rateOf),
    ...(problems.length > 0 ? { problems } : {}),
  };
}

/** `rate` for both directions, `rate-out` and `rate-in` for one. */
function eachWay(
  name: 'rate' | 'ceil',
  rateOf: (attribute: string) => number | undefined,
): Pick<GuestMetadata, 'rate' | 'ceil'> {
  const both = rateOf(name);
  const values = directions.flatMap((direction) => {
    const value = rateOf(`${name}-${direction}`) ?? both;
    return value === undefined ? [] : [[direction, value] as const];
  });
  return values.length > 0 ? { [name]: Object.fromEntries(values) } : {};
}
