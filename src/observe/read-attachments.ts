// Reads what a guest's shaping hangs on besides its classes: two lists of devices and one of the table, however
// many guests there are.
import { join } from 'node:path';
import { makesNoTable } from '../diff/compare.ts';
import { deviceNames, portNames } from '../host/read-host.ts';
import { readOwners } from '../kernel/nft/owners.ts';
import { tableName } from '../plan/names.ts';
import { recognize } from '../store/table-fingerprint.ts';
import { Failure } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';
import { readIfThere } from '../system/files.ts';
import type { Holding, TableState } from './attachments.ts';

/** Where it is written what was loaded: paths.ts has both. */
export interface Loaded {
  rules: string;
  /** store/table-fingerprint.ts */
  listing: string;
}

/** All of Holding but the clsacts, which come with the counters (read-use.ts). */
export async function readHolding(
  run: Run,
  loaded: Loaded,
  bridges: string[],
): Promise<Omit<Holding, 'clsacts'>> {
  return {
    table: await readTable(run, loaded),
    devices: new Set(deviceNames()),
    ports: new Map(bridges.map((bridge) => [bridge, new Set(portNames(bridge))])),
  };
}

async function readTable(run: Run, { rules, listing }: Loaded): Promise<TableState> {
  const nft = await run('nft', ['-s', 'list', 'table', 'bridge', tableName]);
  const ruleset = readIfThere(join(rules, 'good/ruleset.nft')) ?? '';
  if (nft.status !== 0) {
    if (nft.stderr.includes('No such file or directory')) {
      return { kind: makesNoTable(ruleset) ? 'as loaded' : 'missing' };
    }
    const denied = nft.stderr.includes('Operation not permitted');
    throw new Failure(
      `nft cannot list the table ${tableName}: ${nft.stderr.trim().split('\n')[0]}`,
      denied ? 'run it as root' : undefined,
    );
  }
  if (recognize(listing, nft.stdout) !== undefined) return { kind: 'as loaded' };
  return { kind: 'changed', held: readOwners(nft.stdout), loaded: readOwners(ruleset) };
}
