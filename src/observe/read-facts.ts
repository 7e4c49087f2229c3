// Reads the facts: a constant number of processes however many guests there are. One tc batch lists the filters of all devices.

import { join } from 'node:path';
import { isRouter, readBridged } from '../host/forwarding.ts';
import { bridgesOf } from '../host/host.ts';
import { deviceNames, portNames } from '../host/read-host.ts';
import { readIfbs as readOwnIfbs } from '../kernel/ifb.ts';
import { type NetworkLink, readLinks } from '../kernel/link.ts';
import { cutTable, type NftTable, parseListing } from '../kernel/nft/listing.ts';
import { makesNoTable, withoutLearned } from '../kernel/nft/table.ts';
import { parseSettings, readAmiss, type Settings } from '../kernel/settings.ts';
import { isOurFilter } from '../kernel/tc/filter-json.ts';
import { readEveryFilter } from '../kernel/tc/read.ts';
import { tableName } from '../plan/names.ts';
import type { InForce } from '../store/in-force-plan.ts';
import { isRecorded, recognize } from '../store/table-fingerprint.ts';
import { asRoot } from '../system/as-root.ts';
import { Failure } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';
import { readCache } from '../system/files.ts';
import type { DeviceFacts, Facts } from './facts.ts';
import { programsOn, readPrograms, readXtables } from './read-others.ts';
import type { RunningGuests } from './read-running.ts';
import { readAstray } from './way/read-astray.ts';

/** The facts without those of the qdiscs, which are read with the counters (read-use.ts). */
export type FactsRead = Omit<Facts, 'clsacts' | 'occupied' | 'roots'>;

/**
 * @param loaded the folder of the rules, and the file with the last listing of the table (store/table-fingerprint.ts)
 * @param ruleset the output of `listRuleset`
 */
export async function readFacts(
  run: Run,
  loaded: { rules: string; listing: string },
  { uplinks }: InForce,
  { guests, missing }: RunningGuests,
  ruleset: Promise<string>,
): Promise<FactsRead> {
  const bridges = [
    ...new Set(uplinks.flatMap(({ ports, taps }) => bridgesOf({ ports: [...ports, ...taps] }))),
  ];
  const present = new Set(deviceNames());
  const wanted = uplinks.flatMap(({ name, ifb, ports, routes = [], taps }) => [
    name,
    ifb,
    ...routes,
    ...[...ports, ...taps].map((one) => one.name),
  ]);
  const names = [...new Set(wanted)].filter((name) => present.has(name));
  const nics = guests.flatMap((guest) => guest.nics.map((nic) => ({ guest: guest.name, ...nic })));
  // Files are read last, synchronously, while the processes run.
  const [tables, filters, links, programs, xtables, astray, read] = await Promise.all([
    readTables(loaded, ruleset),
    readEveryFilter(run, names),
    readLinks(run, present),
    readPrograms(run),
    readXtables(run),
    readAstray(run, uplinks),
    readFiles(loaded.rules, bridges),
  ]);
  return {
    table: tables.table,
    tables: [...tables.tables, ...xtables.tables],
    filters,
    devices: devicesOf(links, new Set([...names, ...bridges])),
    programs: [...programsOn(links), ...programs],
    astray,
    ...read,
    ifbs: await readIfbs(run, filters),
    missing: new Set(missing.map(({ tap, guest }) => `${tap} ${guest}`)),
    owners: new Map(nics.map(({ tap, guest }) => [tap, guest])),
    limited: new Set(nics.flatMap(({ tap, bandwidth }) => (bandwidth ? tap : []))),
  };
}

/** The facts from sysfs, procfs and the rules in force. */
async function readFiles(rules: string, bridges: string[]) {
  const settings = wantedSettings(rules);
  return {
    ports: new Map(bridges.map((bridge) => [bridge, new Set(portNames(bridge))])),
    bridged: readBridged(bridges),
    routes: isRouter(),
    reflects: settings.size > 0,
    amiss: readAmiss(settings),
  };
}

/** The state of devices; our ifbs are recognised as a load does it. */
function devicesOf(links: NetworkLink[], wanted: Set<string>): Map<string, DeviceFacts> {
  const ours = new Set(readOwnIfbs().map(({ name }) => name));
  const meant = links.filter(({ name }) => wanted.has(name));
  return new Map(meant.map(({ name, up }) => [name, { up, ours: ours.has(name) }]));
}

function wantedSettings(rules: string): Settings {
  const settings = parseSettings(readCache(join(rules, 'good/settings.sysctl')) ?? '');
  return typeof settings === 'number' ? new Map() : settings;
}

/**
 * Lists all tables at once: the text of ours in it is the same as in a listing of its own.
 * @throws Failure when nft fails
 */
export async function listRuleset(run: Run): Promise<string> {
  const nft = await run('nft', ['-s', 'list', 'ruleset']);
  if (nft.status !== 0) {
    const denied = nft.stderr.includes('Operation not permitted');
    throw new Failure(
      `nft cannot list the ruleset: ${nft.stderr.trim().split('\n')[0]}`,
      denied ? asRoot() : undefined,
    );
  }
  return nft.stdout;
}

async function readTables(
  { rules, listing }: { rules: string; listing: string },
  ruleset: Promise<string>,
): Promise<Pick<Facts, 'table' | 'tables'>> {
  const all = withoutLearned(await ruleset);
  const parts = ['bridge', 'inet'].map((family) => cutTable(all, family, tableName));
  const own = parts.join('');
  if (own !== '' && recognize(listing, own) !== undefined) {
    return { table: { kind: 'as loaded' }, tables: tablesBeside(all, parts) };
  }
  const tables = parseListing(all);
  if (own !== '') return { table: { kind: isRecorded(listing) ? 'changed' : 'unknown' }, tables };
  const wanted = readCache(join(rules, 'good/ruleset.nft')) ?? '';
  return { table: { kind: makesNoTable(wanted) ? 'as loaded' : 'missing' }, tables };
}

/** The tables of others, each with whether it was created after ours of its family: nft lists tables in that order. */
function tablesBeside(all: string, own: string[]): NftTable[] {
  const ends = new Map(
    own.filter((part) => part !== '').map((part) => [part.split(' ')[1] ?? '', all.indexOf(part)]),
  );
  const others = own.reduce((text, part) => text.replace(part, ''), all);
  return parseListing(others).map((table) => {
    const at = all.indexOf(`table ${table.family} ${table.name} {`);
    return at > (ends.get(table.family) ?? at) ? { ...table, later: true } : table;
  });
}

/** Lists the ifbs, only where others' filters exist that may redirect to one. */
async function readIfbs(run: Run, filters: Facts['filters']): Promise<Set<string>> {
  if (![...filters.values()].some((list) => list.some((filter) => !isOurFilter(filter)))) return new Set();
  const { stdout } = await run('ip', ['-o', 'link', 'show', 'type', 'ifb']);
  return new Set([...stdout.matchAll(/^\d+: ([^:@]+).*?<[^>]*\bUP\b/gm)].map(([, name = '']) => name));
}
