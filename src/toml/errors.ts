// What is wrong with a file that is no TOML, in words for the person who wrote it. The parser of
// the toml package (made by Peggy) lists every character it could have gone on with; what was meant follows
// from that list and the text on both sides of the place where it stopped.
import type { Node } from 'toml/lib/parser.js';
import { explainStop } from './mistakes.ts';
import { formatPlace } from './place.ts';
import type { SourceFile } from './source-file.ts';
import { formatPath } from './write.ts';

/** `offset` is the place, in UTF-16 units from the start of the file. */
export interface Explanation {
  message: string;
  hint?: string;
  offset: number;
}

/** What the package throws: Peggy's own error (`expected`), or one of its grammar or compiler (`line`). */
interface TomlError {
  message: string;
  expected?: { text?: string }[];
  location?: { start: { offset: number } };
  line?: number;
  column?: number;
}

/** An error of the parser; anything else is thrown on. */
export function explainSyntax(file: SourceFile, error: unknown): Explanation {
  const { message, expected, location, line, column } = error as TomlError;
  if (line !== undefined && column !== undefined) {
    return { ...inPlainWords(message), offset: file.offset(line, column) };
  }
  if (!expected || !location) throw error;

  const { offset } = location.start;
  const upToHere = file.text.slice(0, offset);
  const { back = 0, ...mistake } = explainStop({
    before: upToHere.slice(upToHere.lastIndexOf('\n') + 1),
    after: /^[^\r\n]*/.exec(file.text.slice(offset))?.[0] ?? '',
    blanks: upToHere.length - upToHere.trimEnd().length,
    expects: (literal) => expected.some(({ text }) => text === literal),
  });
  return { ...mistake, offset: offset - back };
}

/** An error of the compiler: in one file TOML lets nothing be written twice. `nodes` is all of the file. */
export function explainRedefinition(file: SourceFile, error: unknown, nodes: Node[]): Explanation {
  const { message, line, column } = error as TomlError;
  if (line === undefined || column === undefined) throw error;
  const offset = file.offset(line, column);
  if (message.startsWith('Integer')) return { ...inPlainWords(message), offset };

  const written = pathsOf(nodes).filter((node) => node.offset <= offset);
  const second = written.pop();
  // Within the braces of one value there is no node of its own, and both keys are in sight.
  if (second?.offset !== offset) return { message: 'this name is written twice in the same braces', offset };
  const first =
    written.find(({ path }) => formatPath(path) === formatPath(second.path)) ??
    written.find(({ path, header }) => !header && startsWith(second.path, path)) ??
    written.find(({ path }) => startsWith(path, second.path));
  // Of `cliff = { ... }` and [guest.cliff.on.eth1] the shorter one is what they have in common.
  const name = first && first.path.length < second.path.length ? first.path : second.path;
  const where = first ? ` at ${formatPlace(file.place(first.offset))}` : '';
  return {
    message: `${formatPath(name)} is already written${where}`,
    hint: second.header ? 'put both parts of it in one place' : 'keep one of the two',
    offset,
  };
}

function pathsOf(nodes: Node[]): { path: string[]; header: boolean; offset: number }[] {
  let table: string[] = [];
  return nodes.map((node) => {
    if (node.type === 'Assign') return { path: [...table, ...node.key], header: false, offset: node.offset };
    table = node.value;
    return { path: table, header: true, offset: node.offset };
  });
}

const startsWith = (path: string[], start: string[]) => start.every((key, index) => path[index] === key);

/** What the grammar and the compiler say by themselves is clear, but for these. */
function inPlainWords(message: string): { message: string; hint?: string } {
  if (message.startsWith('Integer')) return { message: 'this number is too large' };
  if (message.startsWith('Invalid escape')) {
    return {
      message: 'this backslash begins no escape sequence that TOML knows',
      hint: 'put the text in single quotes, or write \\\\ for one backslash',
    };
  }
  return { message: message.replace(/\.$/, '') };
}
