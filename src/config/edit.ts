// Computes the edit of `set` and `unset`: the new text of the one file that they write, once the whole configuration with it
// has been decoded and checked. Nothing is written here.
import { ConfigError, type Problem } from '../system/errors.ts';
import { decodeText } from '../toml/decode-text.ts';
import { removeKey, setKey } from '../toml/edit.ts';
import { Findings } from '../toml/findings.ts';
import { flatten, isBelow, lookUp, placesBelow } from '../toml/look-up.ts';
import { mergeFiles } from '../toml/merge.ts';
import { byBytes, formatPlace } from '../toml/place.ts';
import type { SourceFile } from '../toml/source-file.ts';
import { parseToml, type TomlTable } from '../toml/tree.ts';
import { formatPath } from '../toml/write.ts';
import { nearest } from '../units/nearest.ts';
import { matchesName, matchingEntries, parseName } from './pattern.ts';
import { parseConfig } from './read-config.ts';

export interface Edit {
  /** The entry: `guest` or `group`, and its name as the file spells it. */
  table: ['guest' | 'group', string];
  /** For `set`: each key below the entry, with its value as TOML. */
  set?: { key: string[]; literal: string }[];
  /** For `unset`: the keys to remove; an empty path is the whole entry. */
  unset?: string[][];
}

export interface Edited {
  text: string;
  warnings: Problem[];
  /** For `unset`: where the removed value comes from now, in words. */
  now: string[];
}

const banner = '# Written by virt-shaper set and unset. What else stands here stays.\n';

/**
 * @param files the present files, with the `findings` about them
 * @param file the name of the file to change
 * @throws ConfigError when the result would be invalid, or would not have the intended effect
 */
export function editConfig(files: SourceFile[], findings: Findings, file: string, edit: Edit): Edited {
  const former = files.find(({ name }) => name === file);
  const text = apply(former?.text ?? '', edit);
  const changed = decodeText(Buffer.from(text), file, findings);
  const others = files.filter(({ name }) => name !== file);
  const after = [...others, ...(changed && text !== '' ? [changed] : [])].sort(inOrder(files[0]?.name));
  const { config, warnings } = parseConfig(after, findings);
  if (changed) assertOnlyThat(former, changed, edit);
  const [before, now] = [merged(files), merged(after)];
  assertItCounts(now, file, edit);
  const isNew = edit.set && !lookUp(before, edit.table);
  if (isNew && edit.table[0] === 'guest') {
    const { name, pattern } = parseName(edit.table[1]);
    const lost = pattern ? undefined : matchingEntries(config, name).find((entry) => entry.pattern);
    if (lost) assertNothingIsLost(before, lost.name, edit);
  }
  return {
    text,
    warnings: [...warnings, ...(isNew ? suspicion(before, edit) : [])],
    now: (edit.unset ?? []).map((key) => saysNow(now, edit.table, key)),
  };
}

function apply(text: string, { table, set, unset }: Edit): string {
  if (set) return set.reduce((sofar, { key, literal }) => setKey(sofar, table, key, literal), text || banner);
  const left = (unset ?? []).reduce((sofar, key) => removeKey(sofar, table, key), text);
  return left === banner ? '' : left;
}

/** The main file is the first, drop-ins follow by name. */
function inOrder(main: string | undefined) {
  return (a: SourceFile, b: SourceFile) =>
    Number(b.name === main) - Number(a.name === main) || byBytes(a.name, b.name);
}

/** The text edit understands few forms of TOML, so its result is decoded and compared with the intended tree. */
function assertOnlyThat(
  former: SourceFile | undefined,
  changed: SourceFile,
  { table, set, unset }: Edit,
): void {
  const expected = flatten(former);
  const forget = (path: string[]) => {
    for (const key of expected.keys()) {
      if (isBelow(JSON.parse(key), path)) expected.delete(key);
    }
  };
  for (const key of unset ?? []) forget([...table, ...key]);
  for (const { key, literal } of set ?? []) {
    const path = [...table, ...key];
    const whole = expected.get(JSON.stringify(path.slice(0, -1)));
    const other = { out: 'in', in: 'out' }[path.at(-1) ?? ''];
    if (whole !== undefined && other !== undefined) {
      expected.set(JSON.stringify([...path.slice(0, -1), other]), whole);
      expected.delete(JSON.stringify(path.slice(0, -1)));
    }
    forget(path);
    expected.set(JSON.stringify(path), typed(literal));
  }
  const is = flatten(changed);
  if (expected.size === is.size && [...expected].every(([key, value]) => is.get(key) === value)) return;
  throw wrong(
    `${changed.name} has ${formatPath(table)} in a form that virt-shaper does not change`,
    'write it there by hand, as [table] and key = value on lines of their own',
  );
}

/** @throws ConfigError when a later file overrides the value */
function assertItCounts(now: TomlTable | undefined, file: string, { table, set = [] }: Edit): void {
  for (const { key } of set) {
    const path = [...table, ...key];
    const other = placesBelow(lookUp(now, path)).find((at) => at.file !== file);
    if (!other) continue;
    throw wrong(
      `${formatPath(path)}: ${formatPlace(other)} is read later and says something else, so this would not count`,
      `change it there, or rename that file so that it comes before ${file}`,
    );
  }
}

/** A guest's own entry replaces a matching pattern's entry as a whole. */
function assertNothingIsLost(
  before: TomlTable | undefined,
  pattern: string,
  { table, set = [] }: Edit,
): void {
  const entry = lookUp(before, ['guest', pattern]);
  if (entry?.value.type !== 'table') return;
  const given = new Set(set.map(({ key: [first] }) => first));
  const lost = [...entry.value.entries.keys()].filter((key) => !given.has(key));
  if (lost.length === 0) return;
  const header = `[${formatPath(['guest', pattern])}]`;
  throw wrong(
    `${formatPath(table)} has no entry yet and gets what ${header} says (${formatPlace(entry.key)}); with one of its own it ` +
      `would lose that one's ${lost.join(', ')}`,
    `set these too, in the same command, or set them for all: virt-shaper set '${pattern}' ...`,
  );
}

function suspicion(before: TomlTable | undefined, { table: [kind, name] }: Edit): Problem[] {
  const entries = lookUp(before, [kind])?.value;
  const known = entries?.type === 'table' ? [...entries.entries.keys()] : [];
  // A new entry for a guest that a pattern matches is deliberate, so no name is suggested.
  if (kind === 'guest' && known.some((one) => matchesName(one, parseName(name).name))) return [];
  const meant = nearest(name, known);
  if (meant === undefined) return [];
  const message = `${formatPath([kind, name])} is a new entry; did you mean ${formatPath([kind, meant])}?`;
  return [{ severity: 'warning', message }];
}

function saysNow(now: TomlTable | undefined, table: string[], key: string[]): string {
  const path = [...table, ...key];
  const entry = lookUp(now, path);
  if (entry) return `${formatPath(path)} is what ${formatPlace(entry.key)} says`;
  // One direction of a value that is written once for both.
  const both = ['out', 'in'].includes(path.at(-1) ?? '') ? lookUp(now, path.slice(0, -1)) : undefined;
  return both && both.value.type !== 'table'
    ? `${formatPath(path)} is what ${formatPlace(both.key)} says for both directions`
    : `${formatPath(path)} is written nowhere`;
}

function merged(files: SourceFile[]): TomlTable | undefined {
  const findings = new Findings();
  return mergeFiles(files.flatMap((file) => parseToml(file, findings) ?? []));
}

function typed(literal: string): string {
  const file = decodeText(Buffer.from(`x = ${literal}\n`), '', new Findings());
  return [...flatten(file).values()][0] ?? '';
}

function wrong(message: string, hint: string): ConfigError {
  return new ConfigError([{ severity: 'error', message, hint }]);
}
