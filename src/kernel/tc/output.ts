// Parses tc's output about the kernel's objects: JSON for qdiscs and text for classes, as iproute2 6.1 to 6.15 print them.
// Filters are parsed by filters.ts.

import { memoize } from '../../system/memoize.ts';
import { canonicalHandle, makeObject, type TcObject, type Values } from '../objects.ts';
import { readFlags } from './flags.ts';
import { optionNames, parseValue, uncounted, unset } from './values.ts';

export interface Qdisc {
  kind: string;
  handle: string;
  dev: string;
  root?: boolean;
  parent?: string;
  options: Record<string, unknown>;
}

export function fromQdisc({ kind, dev: device, handle, root, parent = '', options }: Qdisc): TcObject {
  if (kind === 'clsact') return makeObject('clsact', device, 'clsact', {});
  const values: Values = { kind, handle: canonicalHandle(handle), ...readFlags(kind, options) };
  if (kind === 'sfq') values.perturb = 0; // Shown only when it is not.
  for (const option of optionNames(kind)) {
    const shown = options[option];
    const value = typeof shown === 'string' ? parseValue(kind, option, shown) : shown;
    if (typeof value === 'number') values[option] = value;
  }
  const made = root
    ? makeObject('root', device, canonicalHandle(handle), values)
    : makeObject('leaf', device, canonicalHandle(parent), values);
  return { ...made, shown: true };
}

/**
 * `class htb 1:10 parent 1:1 leaf 10: prio 0 quantum 15000 rate 15Mbit ceil 30Mbit ... burst 15000b/1 ...`
 * @returns undefined for a line that is no HTB class
 */
export function fromClassText(device: string, line: string): TcObject | undefined {
  return line.startsWith('class htb ') ? readClass(`${device} ${line}`) : undefined;
}

/** @param text a device and a line about it */
const readClass = memoize((text: string): TcObject => {
  // iproute2 6.15 prints "burst 15000b/1mpu 0b", without the blank.
  const [device = '', , , minor = '', ...words] = text
    .trim()
    .replaceAll(/(\/\d+)mpu /g, '$1 mpu ')
    .split(/\s+/);
  const id = canonicalHandle(minor);
  const after = (word: string) => words[words.indexOf(word) + 1] ?? '';
  const parent = words[0] === 'parent' ? canonicalHandle(after('parent')) : `${id.split(':')[0]}:`;
  let values: Values = {};
  for (const option of ['rate', 'ceil', 'burst', 'cburst', 'quantum', 'mpu', 'overhead']) {
    if (!words.includes(option)) continue; // tc prints no quantum of an inner class, which has no effect there.
    const value = parseValue('htb', option, after(option).split('/')[0] ?? '');
    if (value !== undefined) values[option] = value;
  }
  values = { ...values, ...uncounted(values) };
  for (const [option, usual] of Object.entries(unset)) {
    if (words.includes(option) && after(option) !== usual) values[option] = after(option);
  }
  return { ...makeObject('class', device, id, values), parent, shown: true };
});
