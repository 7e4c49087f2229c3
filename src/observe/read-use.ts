// Reads the counters of the trees: one process for each tree, one for all qdiscs, independent of the number of guests. Drops and backlog
// are those of the leaf: a class does not count packets that fq_codel drops after enqueueing them.
import { type ListedQdisc, parseClassBytes, parseClasses, parseQdiscs } from '../kernel/tc/counters.ts';
import { milliseconds } from '../system/boot.ts';
import { Failure } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';
import type { Facts } from './facts.ts';
import { type ByteReadings, type Use, type Uses, useKey } from './use.ts';

export interface UseReading {
  uses: Uses;
  qdiscs: Pick<Facts, 'clsacts' | 'occupied' | 'roots'>;
}

/**
 * @param devices those with a tree; a missing one has no classes
 * @param listed the output of `listQdiscs`, where that was called before
 * @throws Failure when tc fails
 */
export async function readUse(run: Run, devices: string[], listed?: ListedQdisc[]): Promise<UseReading> {
  const [qdiscs, ...trees] = await Promise.all([
    listed ?? listQdiscs(run),
    ...devices.map((device) => readTree(run, device)),
  ]);
  const uses: Uses = new Map();
  for (const tree of trees) for (const use of tree) uses.set(useKey(use.device, use.id), use);
  for (const { kind, device, parent, dropped, backlog, queued } of qdiscs) {
    const use = parent === undefined ? undefined : uses.get(useKey(device, parent));
    if (!use) continue;
    use.dropped = dropped;
    use.backlog = backlog;
    use.queued = queued;
    use.queue = kind;
  }
  for (const tree of trees) addUp(tree);
  return { uses, qdiscs: placesOf(qdiscs) };
}

/** The roots, clsacts and ingress qdiscs of each device, with their owner. */
function placesOf(qdiscs: ListedQdisc[]): UseReading['qdiscs'] {
  const places: UseReading['qdiscs'] = { clsacts: new Set(), occupied: new Set(), roots: new Map() };
  for (const { kind, device, handle, parent, ours, direct } of qdiscs) {
    if (kind === 'clsact') places.clsacts.add(device);
    else if (kind === 'ingress') places.occupied.add(device);
    // A noqueue that somebody set neither queues nor limits, so our root may replace it.
    else if (parent === undefined && handle !== '0:' && kind !== 'noqueue') {
      const known = direct === undefined ? {} : { direct };
      places.roots.set(device, { what: `${kind} ${handle}`, ours, ...known });
    }
  }
  return places;
}

/** Reads only the bytes, as the basis of the next reading's speeds: a faster reading. */
export async function readByteCounts(run: Run, devices: string[]): Promise<ByteReadings> {
  const trees = await Promise.all(
    devices.map(async (device) => {
      const { text, ...moment } = await listClasses(run, device);
      return Array.from(
        parseClassBytes(text),
        ([id, bytes]) => [useKey(device, id), { ...moment, bytes }] as const,
      );
    }),
  );
  return new Map(trees.flat());
}

async function readTree(run: Run, device: string): Promise<Use[]> {
  const { text, ...moment } = await listClasses(run, device);
  return parseClasses(text, { device, ...moment });
}

async function listClasses(run: Run, device: string): Promise<{ text: string } & Pick<Use, 'at' | 'spread'>> {
  const began = milliseconds();
  const tc = await run('tc', ['-s', 'class', 'show', 'dev', device]);
  const spread = (milliseconds() - began) / 2;
  if (tc.status !== 0 && !/Cannot find device|No such device/.test(tc.stderr)) {
    throw new Failure(`tc cannot list the classes of ${device}: ${tc.stderr.trim()}`);
  }
  return { text: tc.stdout, at: began + spread, spread };
}

/** Lists the qdiscs of all devices: drops and backlog of the leaves, and the clsacts. */
export async function listQdiscs(run: Run): Promise<ListedQdisc[]> {
  const tc = await run('tc', ['-s', 'qdisc', 'show']);
  if (tc.status !== 0) throw new Failure(`tc cannot list the qdiscs: ${tc.stderr.trim()}`);
  return parseQdiscs(tc.stdout);
}

/** Adds the leaves' drops and backlogs to all classes above them. */
function addUp(tree: Use[]): void {
  const byId = new Map(tree.map((use) => [use.id, use]));
  const inner = new Set(tree.map(({ parent }) => parent));
  for (const leaf of tree) {
    if (inner.has(leaf.id)) continue;
    for (let above = byId.get(leaf.parent ?? ''); above; above = byId.get(above.parent ?? '')) {
      above.dropped += leaf.dropped;
      above.backlog += leaf.backlog;
      above.queued += leaf.queued;
    }
  }
}
