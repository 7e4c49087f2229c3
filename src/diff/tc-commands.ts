// The batch lines that change or remove an object, from the line that makes it. The one place that spells
// them, so that what is shown, run and recorded for by hand is the same text.

import type { TcObject } from '../kernel/objects.ts';
import { detourPreference, signature } from '../plan/names.ts';

export interface Step {
  tool: 'ip' | 'tc' | 'sysctl';
  /** The batch line; of sysctl `NAME = VALUE`. */
  line: string;
  /** The object that it makes, changes or removes. */
  object?: TcObject;
}

export function tc(line: string, object?: TcObject): Step {
  return { tool: 'tc', line, ...(object ? { object } : {}) };
}

export function ip(line: string): Step {
  return { tool: 'ip', line };
}

export function sysctl(line: string): Step {
  return { tool: 'sysctl', line };
}

/** One line makes it ours, up and ready, so that a killed load leaves none that nobody knows. */
export function ifbLines(name: string, alias: string): string[] {
  return [
    `link add name ${name} up group ${signature} txqueuelen 1000 type ifb`,
    `link set dev ${name} alias ${alias}`,
  ];
}

export function add(object: TcObject): Step {
  return tc(object.line, object);
}

/** Where a root of somebody's stands that queues nothing; `add` refuses what is not the kernel's default. */
export function replace(object: TcObject): Step {
  return tc(object.line.replace(/^qdisc add/, 'qdisc replace'), object);
}

/** Back to such a root. */
export function noqueue(object: TcObject): Step {
  return tc(`qdisc replace dev ${object.device} root noqueue`, object);
}

/**
 * In place: packets waiting and counters stay. A filter is replaced by the kernel in one step; a u32 filter
 * only when it is called by its handle, and else stays beside the new one.
 */
export function change(object: TcObject): Step {
  const { kind, line, handle } = object;
  // fq_codel refuses a change that names its flows, were they the same.
  const changed = line.replace(/^(\w+) add/, '$1 change').replace(/( fq_codel .*?)flows \d+ /, '$1');
  if (kind !== 'filter') return tc(changed, object);
  const named = handle === undefined ? line : line.replace(' u32 ', ` handle ${handle} u32 `);
  return tc(named.replace(/^(\w+) add/, '$1 replace'), object);
}

export function remove(object: TcObject): Step {
  const { kind, device, id } = object;
  switch (kind) {
    case 'root':
      return tc(`qdisc del dev ${device} root`, object);
    case 'clsact':
      return tc(`qdisc del dev ${device} clsact`, object);
    case 'leaf':
      return tc(`qdisc del dev ${device} parent ${id}`, object);
    case 'class':
      return tc(`class del dev ${device} classid ${id}`, object);
    case 'filter':
      return tc(
        `filter del dev ${device} egress protocol all pref ${signature} handle ${object.handle ?? id} ${filterKind(object)}`,
        object,
      );
    case 'detour':
      return tc(`filter del dev ${device} egress pref ${detourPreference}`, object);
  }
}

/** `fw`, `bpf` or `u32`. */
export function filterKind({ values }: TcObject): string {
  return String(values.match).split(' ')[0] ?? '';
}

/** The same object on another device. */
export function onDevice(object: TcObject, device: string): TcObject {
  const line = object.line.replace(` dev ${object.device} `, ` dev ${device} `);
  return { ...object, device, key: object.key.replace(object.device, device), line };
}
