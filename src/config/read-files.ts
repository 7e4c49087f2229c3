// Reads the configuration's files as text: the one place in config/ that touches the file system. Whoever can write them
// controls the host's network, so a file that users other than root can write is refused. Apart from read-config.ts, because
// callers that only compare texts need no TOML parser.

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { asRoot } from '../system/as-root.ts';
import { whyUntrusted } from '../system/trust.ts';
import { decodeText } from '../toml/decode-text.ts';
import { Findings } from '../toml/findings.ts';
import { byBytes } from '../toml/place.ts';
import type { SourceFile } from '../toml/source-file.ts';

export interface ConfigLocation {
  /** The main file; drop-ins are the *.toml in config.d beside it. */
  file: string;
  /** Of a configuration that was laid out elsewhere (store/configuration.ts): messages name the files that it was made of. */
  root?: string;
}

/** The files' present texts, valid or not; a file that cannot be read is left out. */
export function readSources(location: ConfigLocation): SourceFile[] {
  return readFiles(location, new Findings());
}

export function readFiles({ file, root = '' }: ConfigLocation, findings: Findings): SourceFile[] {
  const folder = join(dirname(file), 'config.d');
  const dropIns = listDropIns(join(root, folder), folder, findings);
  return [file, ...dropIns.map((name) => join(folder, name))].flatMap((name) => {
    const bytes = readGuarded(join(root, name), name, findings);
    return (bytes && decodeText(bytes, name, findings)) ?? [];
  });
}

/** The names of *.toml in byte order, without hidden files and backups (`x.toml~`) of editors. */
function listDropIns(path: string, shown: string, findings: Findings): string[] {
  try {
    if (!onlyRootWrites(statSync(path), shown, findings)) return [];
    return readdirSync(path)
      .filter((name) => name.endsWith('.toml') && !name.startsWith('.'))
      .sort(byBytes);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') findings.unreadable(undefined, `${shown}: ${inWords(error)}`);
    return [];
  }
}

function readGuarded(path: string, shown: string, findings: Findings): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    // O_NONBLOCK: opening a FIFO would block until a writer opens it.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return findings.unreadable(undefined, `${shown}: is not a regular file`);
    return onlyRootWrites(stats, shown, findings) ? readFileSync(descriptor) : undefined;
  } catch (error) {
    return findings.unreadable(undefined, `${shown}: ${inWords(error)}`, hintFor(error));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function onlyRootWrites(stats: Stats, shown: string, findings: Findings): boolean {
  const wrong = whyUntrusted(stats, shown);
  if (wrong) findings.unreadable(undefined, wrong.message, wrong.hint);
  return wrong === undefined;
}

function inWords(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
      return 'no permission to read it';
    case 'ENOTDIR':
      return 'is not a folder';
    default:
      return `cannot be read (${codeOf(error)})`;
  }
}

function hintFor(error: unknown): string | undefined {
  if (codeOf(error) === 'EACCES') return asRoot();
  if (codeOf(error) !== 'ENOENT') return undefined;
  return 'virt-shaper init writes a first one from what it finds here; this is enough, too:\n[guest.NAME]\nrate = "10mbit"\nceil = "100mbit"';
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
