// Reads the counters of all classes by one call of tc.
import { readClassBytes } from '../kernel/tc/read.ts';
import type { InForce } from '../store/in-force-plan.ts';
import { bootId, kernelClock } from '../system/boot.ts';
import type { Run } from '../system/exec.ts';
import type { LedgerReading } from './count.ts';
import { ownersOf } from './subject.ts';

/**
 * To be called under the lock.
 * @param inForce the owner of each class
 * @param known devices that had classes before, which the plan may not name any more
 * @throws Failure when tc does not answer
 */
export async function readClassesNow(
  run: Run,
  inForce: InForce,
  known: Iterable<string>,
): Promise<LedgerReading> {
  const owners = ownersOf(inForce.uplinks);
  const devices = [...new Set([...owners.keys(), ...known])];
  const moment = { boot: bootId(), at: kernelClock(), wall: Date.now() };
  const answers = await readClassBytes(run, devices);
  const classes = answers.flatMap(([device, passed]) =>
    Array.from(passed, ([id, bytes]) => {
      const owner = owners.get(device)?.get(id);
      return { device, id, bytes, fate: 'stays' as const, ...(owner ? { owner } : {}) };
    }),
  );
  return { ...moment, classes, whole: devices };
}
