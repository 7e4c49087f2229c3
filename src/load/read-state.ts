// Reads the kernel's objects that belong to virt-shaper, with three processes for any number of guests. Our objects are
// recognized by their signature (plan/names.ts), and nothing is taken over from the last load; the expected state only
// allows to ask more questions before the first answer.

import { deviceNames } from '../host/read-host.ts';
import { readIfbs } from '../kernel/ifb.ts';
import { noTable, withoutLearned } from '../kernel/nft/table.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import { readSettings } from '../kernel/settings.ts';
import { fromQdisc, type Qdisc } from '../kernel/tc/output.ts';
import { readClasses, readQdiscs } from '../kernel/tc/read.ts';
import { signature, tableName } from '../plan/names.ts';
import { readFormerSettings } from '../store/former-settings.ts';
import { readUnfinished } from '../store/journal.ts';
import { isRecorded, recognize, writeListing } from '../store/table-fingerprint.ts';
import { Failure } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';
import type { Site } from './context.ts';

/** What is known before reading. It only saves time: the result does not depend on it. */
export interface ReadHints {
  /** The kernel's state if nobody has changed it; absent when that is not known. */
  expected?: State | undefined;
  /** The ruleset that nft has just committed: its listing is stored as the fingerprint of that ruleset. */
  committed?: string | undefined;
  /** nft's listing, where nft is running already. */
  table?: Promise<string>;
}

export async function readState(site: Site, asked: ReadHints = {}): Promise<KernelState> {
  const { run, listing, journal, formerSettings } = site;
  const { expected, committed } = asked;
  const guess = { trees: devicesWith(expected, 'root'), taps: devicesWith(expected, 'clsact') };
  const [first, guessed, table] = await Promise.all([
    readQdiscs(run, guess.taps),
    readClasses(run, guess.trees),
    asked.table ?? readTable(run),
  ]);
  const { qdiscs } = first;
  const roots = qdiscs.filter((qdisc) => qdisc.root && qdisc.handle !== '0:');
  const ours = roots.filter((qdisc) => qdisc.kind === 'htb' && qdisc.options.r2q === signature);
  const trees = new Set(ours.map((qdisc) => qdisc.dev));
  const clsacts = qdiscs.filter((qdisc) => qdisc.kind === 'clsact');
  const [classes, filters] = await Promise.all([
    readClasses(run, without([...trees], guess.trees)),
    readMoreFilters(
      run,
      without(
        clsacts.map(({ dev }) => dev),
        guess.taps,
      ),
    ),
  ]);

  const objects = [
    ...ours.map(fromQdisc),
    ...guessed.filter(({ device }) => trees.has(device)),
    ...classes,
    ...qdiscs.filter((qdisc) => trees.has(qdisc.dev) && isInTree(qdisc)).map(fromQdisc),
    ...clsacts.map(fromQdisc),
    ...first.objects,
    ...filters.objects,
  ];
  if (committed !== undefined) writeListing(listing, committed, table);
  const ruleset = recognize(listing, table);
  return {
    devices: new Map(readIfbs().map((ifb) => [ifb.name, ifb])),
    objects: new Map(objects.map((object) => [object.key, object])),
    ruleset: `${noTable}${table}`,
    present: new Set(deviceNames()),
    noqueue: new Set(roots.filter(isNoqueue).map((qdisc) => qdisc.dev)),
    foreignRoots: new Map(
      roots
        .filter((qdisc) => !trees.has(qdisc.dev) && !isNoqueue(qdisc))
        .map((qdisc) => [qdisc.dev, `${qdisc.kind} ${qdisc.handle}`]),
    ),
    occupiedTaps: new Set(qdiscs.filter((qdisc) => qdisc.kind === 'ingress').map((qdisc) => qdisc.dev)),
    sharedTaps: new Set([...first.shared, ...filters.shared]),
    unfinished: readUnfinished(journal),
    hasTable: table !== '',
    settings: readSettings(),
    formerSettings: readFormerSettings(formerSettings),
    ...(ruleset === undefined
      ? { isUnrecorded: table !== '' && !isRecorded(listing) }
      : { loaded: { ruleset } }),
  };
}

/** Whether a qdisc is part of the tree: an ingress qdisc or clsact on the same device is not. */
function isInTree({ kind, parent }: Qdisc): boolean {
  return parent !== undefined && kind !== 'ingress' && kind !== 'clsact';
}

/** noqueue neither queues nor limits, so it is no obstacle, whoever has set it: libvirt sets one on each tap. */
function isNoqueue({ kind }: Qdisc): boolean {
  return kind === 'noqueue';
}

function devicesWith(state: State | undefined, kind: string): string[] {
  return [...(state?.objects.values() ?? [])].flatMap((one) => (one.kind === kind ? [one.device] : []));
}

function without(devices: string[], known: string[]): string[] {
  const others = new Set(known);
  return devices.filter((device) => !others.has(device));
}

/** Usually there are no such taps, and then no process is started. */
function readMoreFilters(run: Run, taps: string[]) {
  return taps.length > 0 ? readQdiscs(run, taps) : { objects: [], shared: new Set<string>() };
}

/** @returns nft's listing of our tables, without counters; empty when there are none */
export async function readTable(run: Run): Promise<string> {
  const families = await Promise.all(['bridge', 'inet'].map((family) => listTable(run, family)));
  return families.join('');
}

async function listTable(run: Run, family: string): Promise<string> {
  const nft = await run('nft', ['-s', 'list', 'table', family, tableName]);
  if (nft.status !== 0 && !nft.stderr.includes('No such file or directory')) {
    throw new Failure(`nft cannot list the table ${family} ${tableName}: ${nft.stderr.trim()}`);
  }
  return nft.status === 0 ? withoutLearned(nft.stdout) : '';
}
