// What the rules in force were made from. It counts as long as nobody has touched these rules or the ids since, whoever it
// was, and for the build of the program that wrote it only: another one may make other lines of the same.
import { join } from 'node:path';
import type { Basis, Lines } from '../part/basis.ts';
import { readCache, stampOf, writeUnlocked } from '../system/files.ts';
import { launcher } from '../system/launched.ts';
import { planFile, ruleFiles } from './in-force-rules.ts';
import type { Paths } from './paths.ts';

/** Without it, some of it is missing. */
const end = '\nend\n';

type Places = Pick<Paths, 'madeFrom' | 'rules' | 'ids'>;

/** @param snapshot the configuration, as it is kept beside the rules */
export function readMadeFrom(places: Places, snapshot: string): { lines: Lines; basis: Basis } | undefined {
  const head = headOf(places, snapshot);
  const text = head === undefined ? undefined : readCache(places.madeFrom);
  if (head === undefined || !text?.startsWith(head) || !text.endsWith(end)) return undefined;
  try {
    const [of = '', common = '', ...lines] = text.slice(head.length, -end.length).split('\n');
    const { basis, guests } = JSON.parse(of);
    return { basis, lines: { common, guests: lines.slice(0, guests), devices: lines.slice(guests) } };
  } catch {
    return undefined; // Not whole.
  }
}

/** Once these rules are in force. */
export function writeMadeFrom(places: Places, snapshot: string, lines: Lines, basis: Basis): void {
  const head = headOf(places, snapshot);
  if (head === undefined) return;
  const { common, guests, devices } = lines;
  const of = JSON.stringify({ basis, guests: guests.length });
  try {
    const text = [of, common, ...guests, ...devices].join('\n');
    writeUnlocked(places.madeFrom, `${head}${text}${end}`, 0o600);
  } catch {
    // No room: the next start makes all of it.
  }
}

/** @returns nothing where nobody knows which build this is */
function headOf({ rules, ids }: Places, snapshot: string): string | undefined {
  const build = launcher()?.build;
  if (build === undefined) return undefined;
  const good = [...ruleFiles, planFile].map((name) => stampOf(join(rules, 'good', name)));
  return `${JSON.stringify([build, snapshot, good, stampOf(ids)])}\n`;
}
