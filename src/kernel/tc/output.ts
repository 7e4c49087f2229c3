// tc's own words for what the kernel holds -> objects. JSON for qdiscs, text for classes; both as iproute2 6.1 to
// 6.15 print them. Filters: filters.ts.

import { flowsFor } from '../../plan/leaf.ts';
import { memoize } from '../../system/memoize.ts';
import { canonicalHandle, keyOf, type TcObject, type Values } from '../objects.ts';
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

export function fromQdisc(qdisc: Qdisc): TcObject {
  const { kind, dev: device } = qdisc;
  if (kind === 'clsact') return object('clsact', device, 'clsact', {}, `qdisc add dev ${device} clsact`);
  const handle = canonicalHandle(qdisc.handle);
  const flags = readFlags(kind, qdisc.options);
  const values: Values = { kind, handle, ...flags.values };
  let options = flags.line;
  if (kind === 'sfq') {
    values.perturb = 0; // Shown only when it is not.
    options += ` flows ${flowsFor(Number(qdisc.options.limit))}`; // Never shown.
  }
  for (const option of optionNames(kind)) {
    const shown = qdisc.options[option];
    const value = typeof shown === 'string' ? parseValue(kind, option, shown) : shown;
    if (typeof value !== 'number') continue;
    values[option] = value;
    options += ` ${option} ${option === 'default' ? value.toString(16) : value}`;
  }
  const place = qdisc.root ? 'root' : `parent ${canonicalHandle(qdisc.parent ?? '')}`;
  const line = `qdisc add dev ${device} ${place} handle ${handle} ${kind}${options}`;
  return qdisc.root
    ? object('root', device, handle, values, line)
    : object('leaf', device, canonicalHandle(qdisc.parent ?? ''), values, line);
}

/**
 * `class htb 1:10 parent 1:1 leaf 10: prio 0 quantum 15000 rate 15Mbit ceil 30Mbit ... burst 15000b/1 ...`
 * @returns nothing for a line that is no HTB class
 */
export function fromClassText(device: string, line: string): TcObject | undefined {
  return line.startsWith('class htb ') ? readClass(`${device} ${line}`) : undefined;
}

/** Of a device and a line. */
const readClass = memoize((text: string): TcObject => {
  // iproute2 6.15 forgets the blank in "burst 15000b/1 mpu 0b".
  const [device = '', , , minor = '', ...words] = text
    .trim()
    .replaceAll(/(\/\d+)mpu /g, '$1 mpu ')
    .split(/\s+/);
  const id = canonicalHandle(minor);
  const after = (word: string) => words[words.indexOf(word) + 1] ?? '';
  const parent = words[0] === 'parent' ? canonicalHandle(after('parent')) : `${id.split(':')[0]}:`;
  let values: Values = {};
  for (const option of ['rate', 'ceil', 'burst', 'cburst', 'quantum', 'mpu', 'overhead']) {
    if (!words.includes(option)) continue; // The quantum of an inner class is not shown, nor used.
    const value = parseValue('htb', option, after(option).split('/')[0] ?? '');
    if (value !== undefined) values[option] = value;
  }
  values = { ...values, ...uncounted(values) };
  const made = classLine(device, parent, id, values);
  for (const [option, usual] of Object.entries(unset)) {
    if (words.includes(option) && after(option) !== usual) values[option] = after(option);
  }
  return { ...object('class', device, id, values, made), parent };
});

/**
 * tc cuts a burst down to whole microseconds of its rate, and what it shows is cut already: one byte more
 * keeps it from losing another microsecond.
 */
function classLine(
  device: string,
  parent: string,
  id: string,
  { rate, ceil, burst, cburst, quantum, mpu, overhead }: Values,
): string {
  return (
    `class add dev ${device} parent ${parent} classid ${id} htb rate ${rate}bit ceil ${ceil}bit ` +
    `burst ${Number(burst) + 1} cburst ${Number(cburst) + 1} quantum ${quantum ?? 1514} mpu ${mpu} overhead ${overhead}`
  );
}

export function object(
  kind: TcObject['kind'],
  device: string,
  id: string,
  values: Values,
  line: string,
): TcObject {
  return { kind, key: keyOf(kind, device, id), device, id, values, line };
}
