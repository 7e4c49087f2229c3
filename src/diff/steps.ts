// The steps of a change: each is one line for tc, ip or sysctl. The same line is printed, run, and stored in the journal for
// an administrator to run by hand.
import type { TcObject } from '../kernel/objects.ts';
import { tcLine, type Verb } from '../kernel/tc/print.ts';

export interface Step {
  tool: 'ip' | 'tc' | 'sysctl';
  /** A line of a batch file; for sysctl `NAME = VALUE`. */
  line: string;
  /** For tc: the verb of the line, and its object. */
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

export function addStep(object: TcObject): Step {
  return tc('add', object);
}

/**
 * For a root in the place of a noqueue qdisc that somebody has set: `add` works only where the root is the kernel's
 * default.
 */
export function replace(object: TcObject): Step {
  return tc('replace', object);
}

/** Restores that noqueue root. */
export function noqueue(object: TcObject): Step {
  return tc('replace', { ...object, values: { kind: 'noqueue' } });
}

/** Changes an object in place: queued packets and counters stay. The kernel replaces a filter in one step. */
export function changeStep(object: TcObject): Step {
  return tc(object.kind === 'filter' ? 'replace' : 'change', object);
}

export function removeStep(object: TcObject): Step {
  return tc('del', object);
}
