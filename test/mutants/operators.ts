// Small changes of meaning that nobody would notice in a diff: what a tired hand does. Found by the text of each line alone,
// strings and comments left out; what does not compile or means the same is sorted out by whoever reads the survivors.

export interface Mutant {
  /** The line, or lines, as they are, and what stands in their place. */
  from: string;
  to: string;
}

type Operator = (line: string) => string[];

/** Each place of a pattern by itself. */
function each(pattern: RegExp, by: string | ((found: RegExpMatchArray) => string)): Operator {
  return (line) => {
    const masked = mask(line);
    return Array.from(masked.matchAll(new RegExp(pattern, 'g')), (found) => {
      const at = found.index;
      return line.slice(0, at) + (typeof by === 'string' ? by : by(found)) + line.slice(at + found[0].length);
    });
  };
}

const operators: Operator[] = [
  each(/&&/, '||'),
  each(/\|\|(?!=)/, '&&'),
  each(/===/, '!=='),
  each(/!==/, '==='),
  each(/ < (?=\S)/, ' <= '),
  each(/ > (?=\S)/, ' >= '),
  each(/ <= /, ' < '),
  each(/ >= /, ' > '),
  each(/ \+ 1\b/, ' + 2'),
  each(/ - 1\b/, ''),
  each(/ - (?=\w)/, ' + '),
  each(/ \* (?=\w)/, ' / '),
  each(/!(?=[\w(])/, ''),
  each(/\bif \((?=[^!])/, 'if (false && '),
  each(/\btrue\b/, 'false'),
  each(/\bfalse\b/, 'true'),
  each(/\.some\(/, '.every('),
  each(/\.every\(/, '.some('),
  each(/Math\.max/, 'Math.min'),
  each(/Math\.min/, 'Math.max'),
  each(/\.reverse\(\)/, ''),
  each(/\.sort\(\)/, ''),
  each(/\.sort\([^()]*\)/, ''),
  each(/\.trim\(\)/, ''),
  each(/ \?\? [\w.[\]']+/, ''),
  each(/\b\d[\d_]*\b(?!['"`])/, ([digits]) => String(Number((digits ?? '').replaceAll('_', '')) + 1)),
  each(/(?<!Math\.(?:max|min))\((\w+), (\w+)\)(?= =>| \{)?/, ([, one, two]) => `(${two}, ${one})`),
];

/** A statement that is a call, an entry of a list, a filter of a chain: left out. */
const droppable =
  /^\s+(?:await )?[\w.]+(?:\?\.)?\(.*\);$|^\s+\.\.\..*,$|^\s+\.(?:filter|sort|reverse|slice)\(.*\)$/;

/** @returns those of one file */
export function mutantsOf(text: string): Mutant[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (/^\s*(?:\/\/|\*|\/\*|import |export (?:type|interface)|\} from|type |interface )/.test(line))
      return [];
    const dropped = droppable.test(line) ? [''] : [];
    const others = operators.flatMap((operator) => operator(line)).filter((changed) => changed !== line);
    // With its neighbours a line is hardly ever twice in a file.
    const around = (middle: string) => [lines[index - 1], middle, lines[index + 1]].join('\n');
    return [...new Set([...dropped, ...others])].map((to) => ({ from: around(line), to: around(to) }));
  });
}

/** Strings, regular expressions and comments as blanks, so that places stay. */
function mask(line: string): string {
  return line.replace(
    /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\$]|\$(?!\{))*`|\/\/.*|\/\*.*?\*\/|(?<=[(=,:!&|?] ?)\/(?:\\.|\[(?:\\.|[^\]])*\]|[^/\\\n])+\/\w*/g,
    (found) => ' '.repeat(found.length),
  );
}
