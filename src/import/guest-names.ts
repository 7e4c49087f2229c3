// Guest names from imported files: only names that libvirt and the configuration accept, each of them once.
import { type Notes, quotation } from './notes.ts';

/** Reports why a name cannot be an entry's; a name that can is added to `taken`. */
export function takeName(name: string, offset: number, taken: Set<string>, notes: Notes): boolean {
  const isName = name !== '' && name !== '.' && name !== '..' && !/\/|(?!\t)\p{Cc}/u.test(name);
  if (!isName) {
    notes.error(offset, `${quotation(name)} cannot be a guest's name: not taken over`);
  } else if (taken.has(name)) {
    notes.error(offset, `there is a guest ${quotation(name)} already: not taken over`);
  } else {
    taken.add(name);
    return true;
  }
  return false;
}
