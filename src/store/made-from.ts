// What the rules in force were made from. It counts as long as nobody has touched these rules or the ids since, whoever it
// was, and for the build of the program that wrote it only: another one may make other lines of the same.

import { join } from 'node:path';
import type { Basis, Lines } from '../part/basis.ts';
import { fnv1a } from '../system/digest.ts';
import { Failure } from '../system/errors.ts';
import { readCache, stampOf, writeUnlocked } from '../system/files.ts';
import { launcher } from '../system/launched.ts';
import { planFile, ruleFiles } from './in-force-rules.ts';
import type { Paths } from './paths.ts';

type Places = Pick<Paths, 'madeFrom' | 'rules' | 'ids'>;

/** @param snapshot the configuration, as it is kept beside the rules */
export function readMadeFrom(places: Places, snapshot: string): { lines: Lines; basis: Basis } | undefined {
  const head = headOf(places, snapshot);
  const text = head === undefined ? undefined : readCache(places.madeFrom);
  if (head === undefined || !text?.startsWith(head)) return undefined;
  const last = text.lastIndexOf('\n');
  const body = text.slice(head.length, last);
  if (text.slice(last + 1) !== String(fnv1a(body))) return undefined; // Not as it was written.
  const [of = '', common = '', ...lines] = body.split('\n');
  const { basis, guests } = JSON.parse(of);
  return { basis, lines: { common, guests: lines.slice(0, guests), devices: lines.slice(guests) } };
}

/** Once these rules are in force. */
export function writeMadeFrom(places: Places, snapshot: string, lines: Lines, basis: Basis): void {
  const head = headOf(places, snapshot);
  if (head === undefined) return;
  const { common, guests, devices } = lines;
  const of = JSON.stringify({ basis, guests: guests.length });
  try {
    const text = [of, common, ...guests, ...devices].join('\n');
    writeUnlocked(places.madeFrom, `${head}${text}\n${fnv1a(text)}`, 0o600);
  } catch (error) {
    if (!(error instanceof Failure)) throw error; // No room: the next start makes all of it.
  }
}

/** @returns nothing where nobody knows which build this is */
function headOf({ rules, ids }: Places, snapshot: string): string | undefined {
  const build = launcher()?.build;
  if (build === undefined) return undefined;
  const good = [...ruleFiles, planFile].map((name) => stampOf(join(rules, 'good', name)));
  return `${JSON.stringify([build, snapshot, good, stampOf(ids)])}\n`;
}
