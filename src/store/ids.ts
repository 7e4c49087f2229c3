// The ids that were drawn for guests and groups, stored in /var/lib for good. Read and written only under the lock. Where
// the file is damaged, ids are recovered from its readable lines and from the rules, so that no guest's class or mark
// changes.
import { join } from 'node:path';
import type { ChosenIds } from '../plan/ids.ts';
import { isThere, readCache, writeIfChanged, writeWhole } from '../system/files.ts';

export interface ReadIds {
  chosen: ChosenIds;
  /** A sentence for people about what is lost; absent when nothing is. */
  lost?: string;
}

/** @param rules rules.d: the comment of each class in shape.tc names its guest or group */
export function readIds(file: string, rules: string): ReadIds {
  const text = readCache(file);
  const chosen = decode(text);
  if (chosen) return { chosen };
  const recovered = recover(text ?? '', rules);
  if (!isThere(file)) return { chosen: recovered };
  const lost =
    `${file} is damaged or of another version: ids are taken from what can be read of it and from the rules in ` +
    `force, others are drawn anew; what is there is kept beside it when they are written`;
  return { chosen: recovered, lost };
}

export function writeIds(file: string, chosen: ChosenIds): void {
  const text = readCache(file);
  if (text !== undefined && decode(text) === undefined) writeWhole(`${file}.damaged`, text);
  writeIfChanged(file, `${JSON.stringify({ version: 1, ...chosen }, null, 1)}\n`);
}

function decode(text: string | undefined): ChosenIds | undefined {
  try {
    const { version, guests, groups, idle = [] } = JSON.parse(text ?? '');
    if (version !== 1 || !areIds(guests) || !areIds(groups) || !Array.isArray(idle)) return undefined;
    return { guests, groups, idle };
  } catch {
    return undefined; // Damaged or absent.
  }
}

function areIds(value: unknown): value is Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const ids = Object.values(value);
  return new Set(ids).size === ids.length && ids.every(isId);
}

function isId(id: unknown): boolean {
  return Number.isInteger(id) && Number(id) > 0 && Number(id) <= 0xffff;
}

function recover(text: string, rules: string): ChosenIds {
  const chosen = { guests: new Map<string, number>(), groups: new Map<string, number>() };
  // writeIds writes one entry a line.
  let kind: keyof ChosenIds = 'guests';
  for (const line of text.split('\n')) {
    kind = line.match(/^ "(guests|groups)": \{/)?.[1] === 'groups' ? 'groups' : kind;
    const [, name, id] = line.match(/^ {2}("(?:[^"\\]|\\.)*"): (\d+),?$/) ?? [];
    put(chosen[kind], name, Number(id));
  }
  for (const folder of [rules, join(rules, 'good')]) {
    const classes =
      /^class add dev \S+ parent \S+ classid 1:([0-9a-f]+) .*# (guest|group) ("(?:[^"\\]|\\.)*"|[^\s,]+)/gm;
    for (const [, id, owner, name] of (readCache(join(folder, 'shape.tc')) ?? '').matchAll(classes))
      put(owner === 'group' ? chosen.groups : chosen.guests, name, Number.parseInt(id ?? '', 16));
  }
  return { guests: Object.fromEntries(chosen.guests), groups: Object.fromEntries(chosen.groups) };
}

/** Of two owners of one id the last one put has it. @param name as JSON, or plain (text/label.ts) */
function put(ids: Map<string, number>, name: string | undefined, id: number): void {
  const key = name?.startsWith('"') ? unquote(name) : name;
  if (key === undefined || !isId(id)) return;
  for (const [other, taken] of ids) if (taken === id) ids.delete(other);
  ids.set(key, id);
}

function unquote(text: string): string | undefined {
  const plain = text.replace(/\\u\{([0-9a-f]+)\}/g, (_all, code) =>
    JSON.stringify(String.fromCodePoint(Number.parseInt(code, 16))).slice(1, -1),
  );
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}
