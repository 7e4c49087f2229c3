// The lines of rules.d that are about one guest. They are known by its id and its taps rather than by their
// comments, which a template of the administrator's own may leave out.
import { classId } from '../../plan/names.ts';
import type { Rules } from '../../render/render.ts';
import { directions } from '../../units/units.ts';

export interface RuleLine {
  file: keyof Rules;
  line: number;
  text: string;
}

/** Of a guest: what its objects in the kernel are called by. */
export interface Handles {
  id: number;
  taps: string[];
}

/** A mark ends in the id, whatever it begins with. */
export function isMarkOf(id: number, mark: string): boolean {
  return (Number(mark) & 0xffff) === id;
}

/** In the order of the files. */
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

/** The chains that set its classes, whatever they are called, and the elements that lead to them. */
function nftLines(text: string, { id }: Handles): Set<number> {
  const isOwn = new RegExp(
    `\\bmeta priority set (?:${directions.map((way) => classId(way, id)).join('|')})\\b`,
  );
  const own = new Map<string, number>();
  let chain = '';
  let begin = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const name = line.match(/^\s*chain (\S+) \{/)?.[1];
    if (name) [chain, begin] = [name, index];
    if (isOwn.test(withoutStrings(line))) own.set(chain, begin);
  }
  const begins = new Set(own.values());
  let inside = false;
  return indexes(text, (line, index) => {
    if (begins.has(index)) inside = true;
    else if (/^\s*\}/.test(line)) inside = false;
    return inside || own.has(withoutStrings(line).match(/: goto ([\w-]+)/)?.[1] ?? '');
  });
}

/** A comment may hold the name of a guest, and that anything. */
function withoutStrings(line: string): string {
  return line.replace(/"[^"]*"|#.*/g, '');
}

function indexes(text: string, accepts: (line: string, index: number) => unknown): Set<number> {
  return new Set(text.split('\n').flatMap((line, index) => (accepts(line, index) ? [index] : [])));
}
