// A cache of what the rules in force were rendered from, by which the next start renders only the lines that differ. It is
// stale once anybody has changed these rules or the ids, and for every other build of the program, which may render other
// lines from the same input.

import { join } from 'node:path';
import type { Basis, Lines } from '../part/basis.ts';
import { decodeUtf8 } from '../system/decode-utf8.ts';
import { fnv1aWords } from '../system/digest.ts';
import { Failure } from '../system/errors.ts';
import { readBytes, stampOf, writeUnlocked } from '../system/files.ts';
import { launcher } from '../system/launched.ts';
import { planFile, ruleFiles } from './in-force-rules.ts';
import type { Paths } from './paths.ts';

type Places = Pick<Paths, 'madeFrom' | 'rules' | 'ids'>;

/** @param snapshot of the configuration, as it is stored beside the rules @returns undefined when the cache is stale */
export function readMadeFrom(places: Places, snapshot: string): { lines: Lines; basis: Basis } | undefined {
  const head = headOf(places, snapshot);
  const bytes = head === undefined ? undefined : readBytes(places.madeFrom);
  if (head === undefined || bytes === undefined) return undefined;
  const last = bytes.lastIndexOf('\n');
  const first = bytes.lastIndexOf('\n', last - 1);
  if (bytes.toString('utf8', first + 1, last) !== head) return undefined;
  const body = bytes.subarray(0, Math.max(0, first));
  if (bytes.toString('utf8', last + 1) !== String(fnv1aWords(body))) return undefined; // Damaged.
  const [of = '', common = '', ...lines] = decodeUtf8(body).split('\n');
  const { basis, guests } = JSON.parse(of);
  return { basis, lines: { common, guests: lines.slice(0, guests), devices: lines.slice(guests) } };
}

/** The file's content without the last two lines: what it is valid for, and the checksum. */
export function madeFromBody({ common, guests, devices }: Lines, basis: Basis): Buffer {
  const of = JSON.stringify({ basis, guests: guests.length });
  return Buffer.from([of, common, ...guests, ...devices].join('\n'));
}

/** Call it once these rules are in force. @param body of madeFromBody; absent where nothing is to be cached */
export function writeMadeFrom(places: Places, snapshot: string, body: Buffer | undefined): void {
  const head = headOf(places, snapshot);
  if (body === undefined || head === undefined) return;
  try {
    const end = Buffer.from(`\n${head}\n${fnv1aWords(body)}`);
    writeUnlocked(places.madeFrom, Buffer.concat([body, end]), 0o600);
  } catch (error) {
    if (!(error instanceof Failure)) throw error; // The disk is full: the next start renders all lines.
  }
}

/** What the cache is valid for. @returns undefined where the build of this program is not known, as in tests */
function headOf({ rules, ids }: Places, snapshot: string): string | undefined {
  const build = launcher()?.build;
  if (build === undefined) return undefined;
  const good = [...ruleFiles, planFile].map((name) => stampOf(join(rules, 'good', name)));
  return JSON.stringify([build, snapshot, good, stampOf(ids)]);
}
