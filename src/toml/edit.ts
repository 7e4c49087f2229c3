// Changes single keys of a TOML text and leaves all other lines unchanged. It understands only the forms that it writes
// itself (`[table]`, `key = value`), so the caller has to parse the result and compare it with what was wanted
// (config/edit.ts).
import { formatPath } from './write.ts';

const bareOrQuoted = `(?:"(?:\\\\.|[^"\\\\])*"|'[^']*'|[\\w-]+)`;
const dotted = `${bareOrQuoted}(?:\\s*\\.\\s*${bareOrQuoted})*`;
const header = new RegExp(`^\\s*\\[\\s*(${dotted})\\s*\\]\\s*(?:#.*)?$`);
const assignment = new RegExp(
  `^(\\s*)(${dotted})(\\s*=\\s*)("(?:\\\\.|[^"\\\\])*"|'[^']*'|[^\\s"'\\[\\]{},#]+)(\\s*(?:#.*)?)$`,
);

interface Assignment {
  line: number;
  /** The full path, with the keys of the header above. */
  path: string[];
  /** The line's text before the value, the value, and the text after it. */
  parts: [before: string, literal: string, after: string];
}

/** Splits a dotted key such as `ceil.out`. @returns undefined when it is none */
export function parseKeys(text: string): string[] | undefined {
  if (!new RegExp(`^${dotted}$`).test(text)) return undefined;
  try {
    return (text.match(new RegExp(bareOrQuoted, 'g')) ?? []).map((key) =>
      key.startsWith('"') ? unescaped(key) : key.startsWith("'") ? key.slice(1, -1) : key,
    );
  } catch {
    return undefined; // No escape sequence of TOML.
  }
}

/** The text of a quoted key: its escape sequences are those of JSON, and `\U` with eight digits for one character. */
function unescaped(quoted: string): string {
  const asJson = quoted.replace(/\\(?:U([\da-fA-F]{8})|.)/g, (sequence, digits?: string) =>
    digits === undefined
      ? sequence
      : JSON.stringify(String.fromCodePoint(Number.parseInt(digits, 16))).slice(1, -1),
  );
  return JSON.parse(asJson) as string;
}

/**
 * Sets a key to a value.
 * @param table the keys of the table's header; the header is added at the end of the text where it is missing
 * @param key relative to the table
 * @param literal the value in TOML, on one line
 */
export function setKey(text: string, table: string[], key: string[], literal: string): string {
  const path = [...table, ...key];
  const lines = linesOf(text);
  const found = assignmentsIn(lines);
  const same = found.find((one) => isSame(one.path, path));
  if (same) {
    const [before, , after] = same.parts;
    return joined(replaced(lines, same.line, before + literal + after));
  }
  const kept = lines.filter(
    (_line, at) => !found.some((one) => one.line === at && startsWith(one.path, path)),
  );
  return joined(withKey(split(kept, path), table, key, literal));
}

/** Removes a key. @param key relative to the table; empty to remove the table with all tables below it */
export function removeKey(text: string, table: string[], key: string[]): string {
  const path = [...table, ...key];
  const lines = linesOf(text);
  if (key.length === 0) return joined(withoutSections(lines, (keys) => startsWith(keys, path)));
  const found = assignmentsIn(lines).filter((one) => startsWith(one.path, path));
  const kept = lines.filter((_line, at) => !found.some((one) => one.line === at));
  // A header without any key left is removed too.
  const left = sectionsOf(kept).filter(({ keys }) => isSame(keys, table));
  const isEmpty = left.every(({ from, to }) => kept.slice(from + 1, to).every((line) => line.trim() === ''));
  return joined(isEmpty ? withoutSections(kept, (keys) => isSame(keys, table)) : kept);
}

/** `ceil = "5mbit"` means both directions: where one of them is about to be set, the line is kept for the other one. */
function split(lines: string[], path: string[]): string[] {
  const above = assignmentsIn(lines).find((one) => isSame(one.path, path.slice(0, -1)));
  const other = { out: 'in', in: 'out' }[path.at(-1) ?? ''];
  if (!above || other === undefined) return lines;
  const [before, literal, after] = above.parts;
  return replaced(lines, above.line, `${before.replace(/(\s*=\s*)$/, `.${other}$1`)}${literal}${after}`);
}

function withKey(lines: string[], table: string[], key: string[], literal: string): string[] {
  const line = `${formatPath(key)} = ${literal}`;
  const section = sectionsOf(lines).find(({ keys }) => isSame(keys, table));
  if (!section) return [...trimmed(lines), ...(lines.length > 0 ? [''] : []), `[${formatPath(table)}]`, line];
  const own = lines.slice(0, section.to);
  const last = own.findLastIndex((one, at) => at >= section.from && /^\s*[^#\s]/.test(one));
  return [...lines.slice(0, last + 1), line, ...lines.slice(last + 1)];
}

function withoutSections(lines: string[], isMeant: (keys: string[]) => boolean): string[] {
  return sectionsOf(lines)
    .filter(({ keys }) => isMeant(keys))
    .reduceRight((left, { from, to }) => {
      // Comments right above the next header belong to that header.
      const last = lines.slice(0, to).findLastIndex((one, at) => at === from || /^\s*[^#\s]/.test(one));
      const after = left.slice(last + 1);
      const blanks = after.findIndex((line) => line.trim() !== '');
      return [...left.slice(0, from), ...after.slice(blanks === -1 ? after.length : blanks)];
    }, lines);
}

/** The sections of the text: each from a header to the line before the next header, or to the end. */
function sectionsOf(lines: string[]): { keys: string[]; from: number; to: number }[] {
  const heads = lines.flatMap((line, from) => (/^\s*\[/.test(line) ? [{ line, from }] : []));
  return heads.map(({ line, from }, index) => ({
    keys: parseKeys(header.exec(line)?.[1] ?? '') ?? [],
    from,
    to: heads[index + 1]?.from ?? lines.length,
  }));
}

function assignmentsIn(lines: string[]): Assignment[] {
  const sections = sectionsOf(lines);
  return lines.flatMap((text, line): Assignment[] => {
    const [, indent = '', name = '', equals = '', literal = '', after = ''] = assignment.exec(text) ?? [];
    const keys = parseKeys(name);
    if (!keys) return [];
    const above = sections.findLast(({ from }) => from < line)?.keys ?? [];
    return [{ line, path: [...above, ...keys], parts: [indent + name + equals, literal, after] }];
  });
}

/** Array.prototype.with, which Node.js 18 lacks. */
function replaced(lines: string[], at: number, line: string): string[] {
  return lines.map((one, index) => (index === at ? line : one));
}

function startsWith(path: string[], beginning: string[]): boolean {
  return beginning.every((key, at) => path[at] === key);
}

function isSame(a: string[], b: string[]): boolean {
  return a.length === b.length && startsWith(a, b);
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function trimmed(lines: string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1);
}

function joined(lines: string[]): string {
  const left = trimmed(lines);
  return left.length === 0 ? '' : `${left.join('\n')}\n`;
}
