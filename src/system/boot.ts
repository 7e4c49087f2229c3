// Which boot this is, and how long it has been: by the kernel, whatever the clock on the wall is set to.
import { readCache } from './files.ts';

export function bootId(): string {
  return (readCache('/proc/sys/kernel/random/boot_id') ?? '').trim();
}

let last = 0;

/** Microseconds since boot (CLOCK_MONOTONIC), the same for all processes; never the same twice in one of them. */
export function kernelClock(): number {
  last = Math.max(Number(process.hrtime.bigint() / 1000n), last + 1);
  return last;
}

/** The same in milliseconds, between which times are taken. Node.js loads a dozen modules for its performance.now(). */
export function milliseconds(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
