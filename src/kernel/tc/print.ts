// Prints an object as a line for tc -batch: the commands of a load, of its undo, and of `plan --commands`. The lines of rules.d
// are printed by the templates (render/render.ts), and parsed by line.ts.
import { flowsFor } from '../../plan/leaf.ts';
import { detourPreference, markText, signature } from '../../plan/names.ts';
import type { TcObject, Values } from '../objects.ts';
import { flagWord } from './flags.ts';
import { formatValue } from './values.ts';

/** `change` keeps queued packets and counters; the kernel does the `replace` of a filter in one step. */
export type Verb = 'add' | 'change' | 'replace' | 'del';

export function tcLine(verb: Verb, object: TcObject): string {
  const { kind, device, id, parent } = object;
  switch (kind) {
    case 'class':
      return verb === 'del'
        ? `class del dev ${device} classid ${id}`
        : `class ${verb} dev ${device} parent ${parent} classid ${id} htb${options('htb', told(object))}`;
    case 'filter':
    case 'detour':
      return `filter ${verb} dev ${device} egress${verb === 'del' ? filterName(object) : filterWords(verb, object)}`;
    case 'clsact':
      return `qdisc ${verb} dev ${device} clsact`;
    default: {
      const place = kind === 'root' ? 'root' : `parent ${id}`;
      return `qdisc ${verb} dev ${device} ${place}${verb === 'del' ? '' : queueWords(verb, object)}`;
    }
  }
}

function queueWords(verb: Verb, object: TcObject): string {
  const { handle, kind, ...values } = told(object);
  // fq_codel refuses a change that names its flows, even with the same number.
  if (verb === 'change' && kind === 'fq_codel') delete values.flows;
  return `${handle === undefined ? '' : ` handle ${handle}`} ${kind}${options(String(kind), values)}`;
}

/**
 * The values with which tc makes the same object again. Of an object that was read from the kernel some have to be
 * corrected: tc truncates a burst to whole microseconds of its rate, and would truncate it again without one byte more; it
 * prints neither the quantum of an inner class, which has no effect, nor the flows of sfq.
 */
function told({ kind, values, shown }: TcObject): Values {
  if (!shown) return values;
  if (values.kind === 'sfq') return { ...values, flows: flowsFor(Number(values.limit)) };
  if (kind !== 'class') return values;
  const { rate, ceil, burst, cburst, quantum = 1514, ...rest } = values as Record<string, number>;
  return { rate, ceil, burst: Number(burst) + 1, cburst: Number(cburst) + 1, quantum, ...rest } as Values;
}

/** Prints the options of a class or qdisc, without those that virt-shaper never sets. */
function options(kind: string, values: Values): string {
  let text = '';
  for (const name in values) {
    const value = values[name] ?? '';
    if (kind === 'htb' && value === 0) continue; // Zero is the default of all of them.
    const flag = flagWord(kind, name, value);
    const written = flag === undefined ? formatValue(kind, name, value) : undefined;
    if (flag !== undefined) text += ` ${flag}`;
    else if (written !== undefined) text += ` ${name} ${written}`;
  }
  return text;
}

/** `fw`, `bpf` or `u32`. */
export function filterKind({ values }: TcObject): string {
  return String(values.match).split(' ')[0] ?? '';
}

function preference({ kind, pref }: TcObject): number {
  return pref ?? (kind === 'detour' ? detourPreference : signature);
}

/** The words that identify a filter to delete; one without an id stands for all filters of its preference. */
function filterName(filter: TcObject): string {
  const { id, handle } = filter;
  const pref = `pref ${preference(filter)}`;
  return id === ''
    ? ` ${pref}`
    : ` protocol all ${pref} handle ${handle ?? markText(Number(id))} ${filterKind(filter)}`;
}

/** A u32 filter is replaced only by its handle: without it, the new filter is added beside the old one. */
function filterWords(verb: Verb, filter: TcObject): string {
  const { kind, id, values } = filter;
  const mark = markText(Number(id));
  const match = kind === 'detour' ? 'u32' : filterKind(filter);
  const handle = match === 'u32' ? (verb === 'add' ? undefined : filter.handle) : mark;
  const matches: Record<string, string> = {
    u32: kind === 'detour' ? 'match u32 0 0' : `match mark ${mark} 0xffffffff`,
    bpf: `bytecode '${String(values.match).slice('bpf '.length)}'`,
  };
  return [
    ` protocol all pref ${preference(filter)}`,
    ...(handle === undefined ? [] : [`handle ${handle}`]),
    match,
    ...(matches[match] === undefined ? [] : [matches[match]]),
    `action mirred egress redirect dev ${values.to}`,
  ].join(' ');
}
