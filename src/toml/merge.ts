// Merges config.toml and the files of config.d: a later file adds entries and overrides single keys of earlier files. The
// overridden value stays beside the new one, because `ceil = { out = "5mbit" }` overrides only half of an earlier "10mbit".
import type { TomlEntry, TomlTable } from './tree.ts';

/** Merges files, the first one first, into a new table. The given tables are not changed. */
export function mergeFiles(files: TomlTable[]): TomlTable | undefined {
  return files.length === 0 ? undefined : files.reduce(mergeTables);
}

function mergeTables(earlier: TomlTable, later: TomlTable): TomlTable {
  const entries = new Map(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    entries.set(key, before ? mergeEntries(before, entry) : entry);
  }
  return { ...earlier, entries };
}

function mergeEntries(earlier: TomlEntry, later: TomlEntry): TomlEntry {
  if (earlier.value.type === 'table' && later.value.type === 'table') {
    return { ...earlier, value: mergeTables(earlier.value, later.value) };
  }
  return { ...later, replaces: earlier.value };
}
