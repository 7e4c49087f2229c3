// Finds the uplink and direction of each element of a ruleset.

import { given, parseRuleset, partsOf, targetOf } from '../kernel/nft/table.ts';
import { canonicalMark, objectKey, type State } from '../kernel/objects.ts';
import { aliasPrefix } from '../plan/names.ts';
import type { Direction } from '../units/units.ts';

export interface MarkWay {
  uplink: string;
  direction: Direction;
  /** The class to which the element leads. */
  id: string;
  /** The mark that the element sets, in the form in which a filter has it. */
  mark?: string;
}

/**
 * Element -> its uplink and direction. For receiving, the tap's filter for the element's mark tells the ifb, and so the
 * uplink. For sending, the element's port, or the mark that frames get there, belongs to the uplink by which the elements
 * for receiving know it.
 */
export function waysOf({ ruleset, objects, devices }: State): Map<string, MarkWay> {
  const tables = [...parseRuleset(ruleset).tables.values()];
  const leads = tables.flatMap(({ chains, maps }) =>
    [...maps.values()].flatMap(({ elements }) =>
      [...elements].map(([key, value]) => {
        const [first = '', second = ''] = partsOf(key);
        const chain = chains.get(targetOf(value) ?? '');
        const { mark, class: id = chain ? '' : value } = chain ? given(chain) : {};
        return { key, first, second, mark, id };
      }),
    ),
  );
  const uplinks = new Map<string, string>(); // Port, or mark of what came in by it -> uplink.
  for (const { first, second, mark } of leads.filter(({ id }) => id.startsWith('2:'))) {
    const [tap, from] = second.startsWith('0x') ? [first, second] : [second, first];
    const filter = mark && objects.get(objectKey('filter', tap, canonicalMark(mark)));
    const uplink = filter && devices.get(String(filter.values.to))?.alias.slice(aliasPrefix.length);
    if (uplink) uplinks.set(from, uplink);
  }
  for (const { first, id } of leads) if (uplinks.has(id)) uplinks.set(first, uplinks.get(id) ?? '');
  const ways = new Map<string, MarkWay>();
  for (const { key, first, second, id, mark } of leads) {
    const direction = id.startsWith('2:') ? 'in' : id.startsWith('1:') ? 'out' : undefined;
    const isMarked = second.startsWith('0x');
    const uplink = uplinks.get((direction === 'in') === isMarked ? second : first);
    if (direction && uplink !== undefined) {
      ways.set(key, { uplink, direction, id, ...(mark === undefined ? {} : { mark: canonicalMark(mark) }) });
    }
  }
  return ways;
}
