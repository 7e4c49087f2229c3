// Finds and compares entries of TOML trees.
import type { Source } from '../system/errors.ts';
import { Findings } from './findings.ts';
import type { SourceFile } from './source-file.ts';
import { parseToml, type TomlEntry, type TomlTable, type TomlValue } from './tree.ts';

/** @returns the entry at a path of a tree */
export function lookUp(tree: TomlTable | undefined, path: string[]): TomlEntry | undefined {
  let table = tree;
  let entry: TomlEntry | undefined;
  for (const key of path) {
    entry = table?.entries.get(key);
    table = entry?.value.type === 'table' ? entry.value : undefined;
  }
  return entry;
}

/** @returns the places of all values at and below an entry */
export function placesBelow(entry: TomlEntry | undefined): Source[] {
  if (!entry) return [];
  if (entry.value.type !== 'table') return [entry.key];
  return [...entry.value.entries.values()].flatMap(placesBelow);
}

/** Path as JSON -> type and value, of all entries that are no tables. */
export function flatten(file: SourceFile | undefined): Map<string, string> {
  const tree = file && parseToml(file, new Findings());
  const all = new Map<string, string>();
  const walk = (value: TomlValue, path: string[]) => {
    if (value.type !== 'table') all.set(JSON.stringify(path), written(value));
    else for (const [key, entry] of value.entries) walk(entry.value, [...path, key]);
  };
  if (tree) walk(tree, []);
  return all;
}

function written(value: TomlValue): string {
  if (value.type === 'list') return JSON.stringify(value.items.map(written));
  return 'value' in value ? `${value.type} ${value.value}` : value.type;
}

export function isBelow(path: string[], above: string[]): boolean {
  return above.every((key, at) => path[at] === key);
}
