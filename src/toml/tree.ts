// Parses TOML into a tree in which every key and value has its place. It is built from the syntax tree of the `toml`
// package, after the package's own compiler has accepted that, so no key is defined twice. Tables are Maps, because guests
// may be called "__proto__" or "constructor".
import compiler from 'toml/lib/compiler.js';
import parser, { type Node, type ValueNode } from 'toml/lib/parser.js';
import type { Source } from '../system/errors.ts';
import { explainRedefinition, explainSyntax } from './errors.ts';
import type { Findings } from './findings.ts';
import type { SourceFile } from './source-file.ts';

/** `at` is the place of the value's first character; of a table with a header, that of its key in the first such header. */
export type TomlValue = { at: Source } & (
  | { type: 'table'; entries: Map<string, TomlEntry> }
  | { type: 'string'; value: string }
  | { type: 'number'; value: number | bigint }
  | { type: 'boolean'; value: boolean }
  | { type: 'list'; items: TomlValue[] }
  | { type: 'date' }
);
export type TomlTable = Extract<TomlValue, { type: 'table' }>;

export interface TomlEntry {
  /** The place of the key. */
  key: Source;
  value: TomlValue;
  /** The value of an earlier file that this one overrides. */
  replaces?: TomlValue;
}

/** @returns the tree of one file; undefined, with its syntax error in `findings`, when it is no TOML */
export function parseToml(file: SourceFile, findings: Findings): TomlTable | undefined {
  let nodes: Node[] = [];
  try {
    nodes = parser.parse(file.text);
    compiler.compile(nodes, file.text, { bigint: true });
  } catch (error) {
    const { offset, message, hint } =
      nodes.length === 0 ? explainSyntax(file, error) : explainRedefinition(file, error, nodes);
    findings.unreadable(file.place(offset), message, hint);
    return undefined;
  }
  return buildTree(file, nodes);
}

function buildTree(file: SourceFile, nodes: Node[]): TomlTable {
  const root = newTable(file.place(0));
  let table = root;
  for (const node of nodes) {
    if (node.type === 'Assign') assign(table, file, node);
    else if (node.type === 'ObjectPath') table = open(root, file, node.value, node.offset);
    else table = openListItem(root, file, node.value, node.offset);
  }
  return root;
}

/** @returns the table at a path of keys, created where it does not exist */
function open(from: TomlTable, file: SourceFile, keys: string[], offset: number): TomlTable {
  let table = from;
  const places = keyPlaces(file, offset, keys.length);
  for (const [index, key] of keys.entries()) {
    const at = places[index] ?? file.place(offset);
    let next = table.entries.get(key)?.value;
    if (next === undefined) {
      next = newTable(at);
      table.entries.set(key, { key: at, value: next });
    }
    // A path through [[list]] leads to the list's last item.
    const inner = next.type === 'list' ? next.items.at(-1) : next;
    table = inner?.type === 'table' ? inner : newTable(at);
  }
  return table;
}

function openListItem(root: TomlTable, file: SourceFile, keys: string[], offset: number): TomlTable {
  const parent = open(root, file, keys.slice(0, -1), offset);
  const key = keys.at(-1) ?? '';
  const at = keyPlaces(file, offset, keys.length).at(-1) ?? file.place(offset);
  const item = newTable(at);
  const known = parent.entries.get(key)?.value;
  if (known?.type === 'list') known.items.push(item);
  else parent.entries.set(key, { key: at, value: { type: 'list', items: [item], at } });
  return item;
}

function assign(
  table: TomlTable,
  file: SourceFile,
  node: { key: string[]; value: ValueNode; offset: number },
): void {
  const key = keyPlaces(file, node.offset, node.key.length).at(-1) ?? file.place(node.offset);
  const parent = open(table, file, node.key.slice(0, -1), node.offset);
  parent.entries.set(node.key.at(-1) ?? '', { key, value: toValue(file, node.value) });
}

function toValue(file: SourceFile, node: ValueNode): TomlValue {
  const at = file.place(node.offset);
  switch (node.type) {
    case 'String':
      return { type: 'string', value: node.value, at };
    case 'Integer':
    case 'Float':
      return { type: 'number', value: node.value, at };
    case 'Boolean':
      return { type: 'boolean', value: node.value, at };
    case 'Array':
      return { type: 'list', items: node.value.map((item) => toValue(file, item)), at };
    case 'InlineTable': {
      const table = newTable(at);
      for (const entry of node.value) assign(table, file, entry);
      return table;
    }
    default:
      return { type: 'date', at };
  }
}

function newTable(at: Source): TomlTable {
  return { type: 'table', at, entries: new Map() };
}

/** @returns the place of each key of a dotted path @param offset of the path, or of the `[` before it */
function keyPlaces(file: SourceFile, offset: number, count: number): Source[] {
  const key = /[[\s.]*("(?:\\.|[^"\\])*"|'[^']*'|[\w-]+)/y;
  key.lastIndex = offset;
  return Array.from({ length: count }, () => {
    const [, text = ''] = key.exec(file.text) ?? [];
    return file.place(key.lastIndex - text.length);
  });
}
