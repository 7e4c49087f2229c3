// What the kernel holds of virt-shaper's, read with four processes however many guests there are. Nothing
// is remembered from the load before: ours are known by their signature (plan/names.ts).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Failure } from '../errors.ts';
import type { Run } from '../exec.ts';
import { readIfThere } from '../files.ts';
import { deviceNames } from '../host/read-host.ts';
import { signature, tableName } from '../plan/names.ts';
import { digestOf } from './digest.ts';
import { fromFilterJson, fromFilterText } from './filter-output.ts';
import { readUnfinished } from './journal.ts';
import { ifbLines } from './lines.ts';
import { type IfbDevice, type KernelState, keyOf, type TcObject } from './objects.ts';
import type { Site } from './site.ts';
import { fromClassText, fromQdisc, type Qdisc } from './tc-output.ts';

const sysfs = '/sys/class/net';

export async function readState({ run, listing, journal }: Site): Promise<KernelState> {
  const [qdiscs, table] = await Promise.all([readQdiscs(run), readTable(run)]);
  const roots = qdiscs.filter((qdisc) => qdisc.root && qdisc.handle !== '0:');
  const ours = roots.filter((qdisc) => qdisc.kind === 'htb' && qdisc.options.r2q === signature);
  const trees = new Set(ours.map((qdisc) => qdisc.dev));
  const taps = qdiscs.filter((qdisc) => qdisc.kind === 'clsact').map((qdisc) => qdisc.dev);
  const [classes, filters] = await Promise.all([readClasses(run, [...trees]), readFilters(run, taps)]);

  const objects = [
    ...ours.map(fromQdisc),
    ...parentsFirst(classes),
    ...qdiscs.filter((qdisc) => trees.has(qdisc.dev) && qdisc.parent).map(fromQdisc),
    ...qdiscs.filter((qdisc) => qdisc.kind === 'clsact').map(fromQdisc),
    ...filters.objects,
  ];
  const loaded = knownTable(listing, table);
  return {
    devices: new Map(readIfbs().map((ifb) => [ifb.name, ifb])),
    objects: new Map(objects.map((object) => [object.key, object])),
    ruleset: `table bridge ${tableName} {}\ndelete table bridge ${tableName}\n${table}`,
    present: new Set(deviceNames()),
    foreignRoots: new Map(
      roots
        .filter((qdisc) => !trees.has(qdisc.dev))
        .map((qdisc) => [qdisc.dev, `${qdisc.kind} ${qdisc.handle}`]),
    ),
    occupiedTaps: new Set(qdiscs.filter((qdisc) => qdisc.kind === 'ingress').map((qdisc) => qdisc.dev)),
    sharedTaps: filters.shared,
    unfinished: readUnfinished(journal),
    hasTable: table !== '',
    ...(loaded ? { loaded } : {}),
  };
}

async function readQdiscs(run: Run): Promise<Qdisc[]> {
  const tc = await run('tc', ['-j', 'qdisc', 'show']);
  if (tc.status !== 0) throw new Failure(`tc cannot list the qdiscs: ${tc.stderr.trim()}`);
  return JSON.parse(tc.stdout || '[]');
}

/** iproute2 before 6.2 prints HTB's classes as text even where JSON is asked for, so all are read as text. */
async function readClasses(run: Run, devices: string[]): Promise<TcObject[]> {
  const lists = await Promise.all(
    devices.map(async (device) => {
      const tc = await run('tc', ['-d', 'class', 'show', 'dev', device]);
      if (tc.status !== 0 && !isGone(tc.stderr))
        throw new Failure(`tc cannot list the classes of ${device}: ${tc.stderr.trim()}`);
      return tc.stdout.split('\n').flatMap((line) => fromClassText(device, line) ?? []);
    }),
  );
  return lists.flat();
}

/**
 * One batch for all taps, in JSON because only that shows where one answer ends: none names its device. A tap
 * that went away meanwhile prints an error instead, and tc says in which line; -force goes on.
 */
async function readFilters(run: Run, taps: string[]): Promise<{ objects: TcObject[]; shared: Set<string> }> {
  const objects: TcObject[] = [];
  const shared = new Set<string>();
  const questions = taps.flatMap((tap) =>
    ['egress', 'ingress'].map((way) => ({ tap, way, show: ['filter', 'show', 'dev', tap, way] })),
  );
  if (questions.length === 0) return { objects, shared };
  const input = questions.map(({ show }) => `${show.join(' ')}\n`).join('');
  const tc = await run('tc', ['-j', '-force', '-batch', '-'], { input });
  const failed = new Set(
    [...tc.stderr.matchAll(/Command failed -:(\d+)/g)].map((match) => Number(match[1]) - 1),
  );
  const answered = questions.filter((_question, index) => !failed.has(index));
  const answers = tc.stdout.split(/^(?=\[)/m).filter((answer) => answer.startsWith('['));
  if (answers.length !== answered.length || (tc.status !== 0 && failed.size === 0)) {
    throw new Failure(`tc cannot list the filters: ${tc.stderr.trim()}`);
  }
  for (const [index, { tap, way, show }] of answered.entries()) {
    const filters =
      fromFilterJson(tap, answers[index] ?? '') ??
      fromFilterText(tap, (await run('tc', show)).stdout.split('\n'));
    if (filters.others || (way === 'ingress' && filters.ours.length > 0)) shared.add(tap);
    if (way === 'egress') objects.push(...filters.ours);
  }
  return { objects, shared };
}

/** tc lists classes in the order of a hash; made in that order they would lose their parents. */
function parentsFirst(classes: TcObject[]): TcObject[] {
  const byKey = new Map(classes.map((object) => [object.key, object]));
  const depth = ({ device, parent }: TcObject): number => {
    const above = byKey.get(keyOf('class', device, parent ?? ''));
    return above ? depth(above) + 1 : 0;
  };
  return [...classes].sort((a, b) => depth(a) - depth(b));
}

/** A device may go away between two questions. */
function isGone(message: string): boolean {
  return message.includes('Cannot find device') || message.includes('No such device');
}

/** Ours are those of our group, which a device has from its first moment. */
function readIfbs(): IfbDevice[] {
  const read = (name: string, file: string) => readFileSync(`${sysfs}/${name}/${file}`, 'utf8').trim();
  return readdirSync(sysfs)
    .filter((name) => name.startsWith('ifb') && existsSync(`${sysfs}/${name}/netdev_group`))
    .filter((name) => Number(read(name, 'netdev_group')) === signature)
    .map((name) => {
      const alias = read(name, 'ifalias');
      return { name, alias, up: (Number(read(name, 'flags')) & 1) === 1, lines: ifbLines(name, alias) };
    });
}

/** The table as nft lists it, without counters; empty when there is none. */
async function readTable(run: Run): Promise<string> {
  const nft = await run('nft', ['-s', 'list', 'table', 'bridge', tableName]);
  if (nft.status !== 0 && !nft.stderr.includes('No such file or directory')) {
    throw new Failure(`nft cannot list the table ${tableName}: ${nft.stderr.trim()}`);
  }
  return nft.status === 0 ? nft.stdout : '';
}

/**
 * nft prints a ruleset otherwise than it was written, so the two cannot be compared. What it printed right
 * after a load can: the same again means nobody changed the table, and the file loaded then is in force.
 */
function knownTable(file: string, table: string): { digest: string } | undefined {
  const [digest, ...rest] = (readIfThere(file) ?? '').split('\n');
  return digest && rest.join('\n') === table ? { digest } : undefined;
}

/** What `knownTable` reads: the digest of the ruleset that was loaded, then nft's listing of it. */
export async function tableRecord({ run }: Site, ruleset: string): Promise<string> {
  return `${digestOf(ruleset)}\n${await readTable(run)}`;
}
