// What a run of the program tells of itself by probe.cjs, which is loaded into it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Moments are of the system's monotonic clock, in microseconds. */
export interface Probed {
  /** Node.js itself was ready, and began to load the program. */
  bootstrapped: number;
  exit: number;
  /** The most memory that it held, in bytes. */
  peak: number;
  children: { tool: string; began: number; ended: number | null }[];
  profile?: Profile;
}

/** As V8 writes it. */
export interface Profile {
  nodes: { id: number; callFrame: Frame; children?: number[] }[];
  startTime: number;
  samples: number[];
  /** Microseconds since the sample before. */
  timeDeltas: number[];
}

export interface Frame {
  functionName: string;
  url: string;
  /** The first is 0. */
  lineNumber: number;
}

const script = fileURLToPath(new URL('probe.cjs', import.meta.url));

/** The environment that makes a run tell. */
export function probeEnv(folder: string, profiling = false): Record<string, string> {
  return {
    NODE_OPTIONS: `--require=${script}`,
    VIRT_SHAPER_BENCH_PROBE: join(folder, 'probe.json'),
    ...(profiling ? { VIRT_SHAPER_BENCH_PROFILE: '1' } : {}),
  };
}

export function readProbe(folder: string): Probed {
  return JSON.parse(readFileSync(join(folder, 'probe.json'), 'utf8'));
}
