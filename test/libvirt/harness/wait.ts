// Waiting for what happens by itself: always until it is so, never for a time, and never for ever.
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** How many times as long an emulated guest may take for what it does, since others want to run on this machine too. */
export function slowness(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

/**
 * @param seconds at most, on a machine with nothing else to do
 * @returns seconds it took. @throws when it did not come true in time
 */
export async function waitFor(
  what: string,
  seconds: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<number> {
  const started = performance.now();
  const passed = () => (performance.now() - started) / 1000;
  while (!(await isSo())) {
    if (passed() > seconds * slowness()) throw new Error(`not within ${passed().toFixed(0)} s: ${what}`);
    await delay(50);
  }
  return passed();
}
