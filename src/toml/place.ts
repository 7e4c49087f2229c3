// The order of places in the configuration: config.toml first, then the files of config.d by name, then by line. A drop-in
// is one folder deeper than config.toml, so that of two files the one with the shorter path comes first.
import type { Source } from '../system/errors.ts';

/** For a sort: negative when `a` comes before `b`. */
export function byPlace(a: Source, b: Source): number {
  return depth(a) - depth(b) || byBytes(a.file, b.file) || a.line - b.line || a.column - b.column;
}

/** Whether two values are written at one place: the same one, inherited. Those of no place are virt-shaper's own. */
export function isSamePlace(a: Source | undefined, b: Source | undefined): boolean {
  return a && b ? byPlace(a, b) === 0 : a === b;
}

/** For a sort: by bytes of UTF-8, which is by code points, whatever the locale. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** `config.toml:12:8`, as in every message. */
export function formatPlace({ file, line, column }: Source): string {
  return `${file}:${line}:${column}`;
}

const depth = ({ file }: Source) => file.split('/').length;
