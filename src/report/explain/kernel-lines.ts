// Prints the state of a guest in the kernel: its classes with their counters, the elements and filters that lead to them, and the
// differences from the rules in force.

import { repair } from '../../observe/fault.ts';
import { figure } from '../../text/short-figures.ts';
import type { Line } from '../../text/spans.ts';
import { formatRate } from '../../units/rate.ts';
import { differenceLine } from '../differences.ts';
import type { Explanation } from './explanation.ts';
import type { Held, HeldClass } from './kernel.ts';
import { heading, plain, row, warning } from './spans.ts';

export function kernelLines({ kernel, rules }: Explanation): Line[] {
  if (typeof kernel === 'string') return [];
  const { classes, elements, filters } = kernel;
  const rows = [
    ...classes.flatMap(classRows),
    ...elements.map(({ ports, class: id }): Pair => [`frames ${ports}`, `to class ${id}`]),
    ...filters.map(({ tap, mark, to }): Pair => [`filter on ${tap}`, `mark ${mark} to ${to}`]),
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  const held = rows.map(([what, value]) => row([plain(`${what.padEnd(width)}  ${value}`)]));
  const wrong = differing(kernel).map((text) => row([warning(text)]));
  if (held.length + wrong.length === 0) return [];
  return [
    [],
    ...(held.length > 0 ? [heading('In the kernel'), ...held] : []),
    ...(wrong.length > 0
      ? [heading(`What ${rules.loaded ? repair : 'virt-shaper load'} would change`), ...wrong]
      : []),
  ];
}

function differing({ differences, missingElements, surplusElements }: Held): string[] {
  return [
    ...differences.map(differenceLine),
    ...missingElements.map(({ ports, class: id }) => `+ ${ports} to class ${id}  (it is not there)`),
    ...surplusElements.map(({ ports, class: id }) => `- ${ports} to class ${id}  (nothing asks for it)`),
  ];
}

type Pair = [what: string, value: string];

function classRows({ device, id, parent, values, use }: HeldClass): Pair[] {
  const { rate, ceil } = values;
  const text = `rate ${formatRate(Number(rate))}, ceil ${formatRate(Number(ceil))}, below ${parent}`;
  const counters = use
    ? `${figure(use.bytes)} bytes in ${figure(use.packets)} packet${use.packets === 1 ? '' : 's'}, ${figure(use.dropped)} dropped, ` +
      `${figure(use.overlimits)} times over its limit, ${figure(use.backlog)} bytes wait`
    : '';
  return [[`class ${id} on ${device}`, text], ...(counters ? [['', counters] as Pair] : [])];
}
