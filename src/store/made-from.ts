// What the rules in force were made from. It counts as long as nobody has touched these rules or the ids since, whoever it
// was, and for the build of the program that wrote it only: another one may make other lines of the same.

import { join } from 'node:path';
import type { Basis, Lines } from '../part/basis.ts';
import { fnv1aWords } from '../system/digest.ts';
import { Failure } from '../system/errors.ts';
import { readBytes, stampOf, writeUnlocked } from '../system/files.ts';
import { launcher } from '../system/launched.ts';
import { planFile, ruleFiles } from './in-force-rules.ts';
import type { Paths } from './paths.ts';

type Places = Pick<Paths, 'madeFrom' | 'rules' | 'ids'>;

/** @param snapshot the configuration, as it is kept beside the rules */
export function readMadeFrom(places: Places, snapshot: string): { lines: Lines; basis: Basis } | undefined {
  const head = headOf(places, snapshot);
  const bytes = head === undefined ? undefined : readBytes(places.madeFrom);
  if (head === undefined || bytes === undefined) return undefined;
  const last = bytes.lastIndexOf('\n');
  const first = bytes.lastIndexOf('\n', last - 1);
  if (bytes.toString('utf8', first + 1, last) !== head) return undefined;
  const body = bytes.subarray(0, Math.max(0, first));
  if (bytes.toString('utf8', last + 1) !== String(fnv1aWords(body))) return undefined; // Not as it was written.
  const [of = '', common = '', ...lines] = body.toString('utf8').split('\n');
  const { basis, guests } = JSON.parse(of);
  return { basis, lines: { common, guests: lines.slice(0, guests), devices: lines.slice(guests) } };
}

/** What is to be written, but for what it counts with. */
export function madeFromBody({ common, guests, devices }: Lines, basis: Basis): Buffer {
  const of = JSON.stringify({ basis, guests: guests.length });
  return Buffer.from([of, common, ...guests, ...devices].join('\n'));
}

/** Once these rules are in force. @param body of madeFromBody; absent where nothing is to be kept */
export function writeMadeFrom(places: Places, snapshot: string, body: Buffer | undefined): void {
  const head = headOf(places, snapshot);
  if (body === undefined || head === undefined) return;
  try {
    const end = Buffer.from(`\n${head}\n${fnv1aWords(body)}`);
    writeUnlocked(places.madeFrom, Buffer.concat([body, end]), 0o600);
  } catch (error) {
    if (!(error instanceof Failure)) throw error; // No room: the next start makes all of it.
  }
}

/** @returns nothing where nobody knows which build this is */
function headOf({ rules, ids }: Places, snapshot: string): string | undefined {
  const build = launcher()?.build;
  if (build === undefined) return undefined;
  const good = [...ruleFiles, planFile].map((name) => stampOf(join(rules, 'good', name)));
  return JSON.stringify([build, snapshot, good, stampOf(ids)]);
}
