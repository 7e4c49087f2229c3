// The lines of rules.d about one guest. They are recognised by its id and its taps, not by their comments, which the
// administrator's own template may leave out.
import { given, parseRuleset, targetOf } from '../../kernel/nft/table.ts';
import { classId, hex } from '../../plan/names.ts';
import type { Rules } from '../../render/render.ts';
import { directions } from '../../units/units.ts';

export interface RuleLine {
  file: keyof Rules;
  line: number;
  text: string;
}

/** The keys of a guest's objects in the kernel. */
export interface Handles {
  id: number;
  taps: string[];
}

/** Whether the lower 16 bits of a mark are this id. */
export function isMarkOf(id: number, mark: string): boolean {
  return (Number(mark) & 0xffff) === id;
}

/** @returns the lines in the order of the files */
export function linesAbout(rules: Rules, handles: Handles): RuleLine[] {
  return [
    ...pick('ruleset.nft', rules['ruleset.nft'], nftLines(rules['ruleset.nft'], handles)),
    ...pick('shape.tc', rules['shape.tc'], tcLines(rules['shape.tc'], handles)),
  ];
}

function pick(file: keyof Rules, text: string, wanted: Set<number>): RuleLine[] {
  return text
    .split('\n')
    .flatMap((line, index) => (wanted.has(index) ? [{ file, line: index + 1, text: line.trim() }] : []));
}

function tcLines(text: string, { id, taps }: Handles): Set<number> {
  const ids = directions.map((direction) => classId(direction, id)).join('|');
  const isClass = new RegExp(` (?:classid|parent) (?:${ids})(?= )`);
  return indexes(text, (line) => {
    const code = line.split('#')[0] ?? '';
    const clsact = code.match(/^\s*qdisc add dev (\S+) clsact/)?.[1];
    const mark = code.match(/ handle (0x[0-9a-f]+) /)?.[1];
    return isClass.test(code) || (mark && isMarkOf(id, mark)) || taps.includes(clsact ?? '');
  });
}

/** The chains that set its classes, whatever their names, those of its limits, and the elements that jump to them. */
function nftLines(text: string, { id }: Handles): Set<number> {
  const ids = directions.map((direction) => classId(direction, id));
  const isOwnMark = (value: string) => value.startsWith('0x') && isMarkOf(id, value);
  const wanted = new Set<number>();
  for (const { chains, maps } of parseRuleset(text).tables.values()) {
    const limits = new RegExp(`^(?:limit|local)-${hex(id)}$`);
    const own = [...chains].filter(
      ([name, chain]) => ids.includes(given(chain).class ?? '') || limits.test(name),
    );
    for (const [, { line, end }] of own) for (let at = line; at < end; at += 1) wanted.add(at);
    const names = new Set(own.map(([name]) => name));
    for (const { elements, lines } of maps.values()) {
      for (const [key, value] of elements) {
        const isOwn = names.has(targetOf(value) ?? '') || ids.includes(value) || isOwnMark(value);
        if (isOwn) wanted.add(lines.get(key) ?? -1);
      }
    }
  }
  return wanted;
}

function indexes(text: string, accepts: (line: string, index: number) => unknown): Set<number> {
  return new Set(text.split('\n').flatMap((line, index) => (accepts(line, index) ? [index] : [])));
}
