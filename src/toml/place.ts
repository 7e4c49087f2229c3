// The order in which things are written: config.toml first, then config.d by name, then by line. A drop-in
// lies one folder deeper than the file it adds to, so the depth of the path tells which of two comes first.
import type { Source } from '../system/errors.ts';

/** Negative when `a` is written before `b`, for use in a sort. */
export function byPlace(a: Source, b: Source): number {
  return depth(a) - depth(b) || byBytes(a.file, b.file) || a.line - b.line || a.column - b.column;
}

/** Byte order, which is also the order of code points; the locale has no say. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** `config.toml:12:8`, the way every message names a place. */
export function formatPlace({ file, line, column }: Source): string {
  return `${file}:${line}:${column}`;
}

const depth = ({ file }: Source) => file.split('/').length;
