// What is done to the kernel, step by step: each a line of tc's, ip's or sysctl's, as it is shown, run and recorded for by
// hand.
import type { TcObject } from '../kernel/objects.ts';
import { tcLine, type Verb } from '../kernel/tc/print.ts';

export interface Step {
  tool: 'ip' | 'tc' | 'sysctl';
  /** The batch line; of sysctl `NAME = VALUE`. */
  line: string;
  /** Of tc: what is done, and to what. */
  verb?: Verb;
  object?: TcObject;
}

function tc(verb: Verb, object: TcObject): Step {
  return { tool: 'tc', verb, object, line: tcLine(verb, object) };
}

export function ip(line: string): Step {
  return { tool: 'ip', line };
}

export function sysctl(line: string): Step {
  return { tool: 'sysctl', line };
}

export function add(object: TcObject): Step {
  return tc('add', object);
}

/** Where a root of somebody's stands that queues nothing; `add` refuses what is not the kernel's default. */
export function replace(object: TcObject): Step {
  return tc('replace', object);
}

/** Back to such a root. */
export function noqueue(object: TcObject): Step {
  return tc('replace', { ...object, values: { kind: 'noqueue' } });
}

/** In place: packets waiting and counters stay. A filter is replaced by the kernel in one step. */
export function change(object: TcObject): Step {
  return tc(object.kind === 'filter' ? 'replace' : 'change', object);
}

export function remove(object: TcObject): Step {
  return tc('del', object);
}
