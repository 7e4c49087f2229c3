// Waiting for what happens by itself: always until it is so, never for a time, and never for ever.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * @param seconds at most
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
    if (passed() > seconds) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(50);
  }
  return passed();
}
