// One id for each guest on all devices. The old hook took ids, group numbers and 333 from one number space per device and
// checked nothing; two classes with one id were one class. The first guest keeps the id, the other is assigned one when it
// starts.
import type { Notes } from './notes.ts';
import { anyId, type OldGuest } from './old-values.ts';

/** The minor of the old hook's default class, 1:333. */
export const defaultClass = 0x333;

/** @returns the id of each guest; a guest without a usable id is not in the map */
export function chooseIds(
  guests: Pick<OldGuest, 'guest' | 'id' | 'group'>[],
  notes: Notes,
): Map<string, number> {
  const owners = new Map([[defaultClass, 'the default class']]);
  for (const { group } of guests) {
    if (group !== undefined) owners.set(Number.parseInt(group, 16), `group ${group}`);
  }
  const ids = new Map<string, number>();
  for (const { guest, id } of guests) {
    if (id === undefined) continue;
    const own = ids.get(guest);
    const owner = owners.get(id.value) ?? guest;
    if (owner !== guest) {
      const message = `id ${id.written} is that of ${owner}: ${guest}`;
      if (own === undefined) notes.warning(id.offset, `${message} is imported without an id`, anyId);
      else notes.warning(id.offset, `${message} keeps ${own.toString(16)}`);
    } else if (own !== undefined && own !== id.value) {
      notes.warning(id.offset, `a guest has one id on all devices: ${guest} keeps ${own.toString(16)}`);
    } else {
      ids.set(guest, id.value);
      owners.set(id.value, guest);
    }
  }
  return ids;
}
