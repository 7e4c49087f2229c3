// All sections, in the order they are measured and shown. Loaded only when asked for.
import type { Measure } from './section.ts';

type Load = () => Promise<{ measure: Measure }>;

export const sections: Record<string, Load> = {
  hook: () => import('./sections/hook.ts'),
  crowd: () => import('./sections/crowd.ts'),
  load: () => import('./sections/load.ts'),
  scaling: () => import('./sections/scaling.ts'),
  memory: () => import('./sections/memory.ts'),
  usage: () => import('./sections/usage.ts'),
  views: () => import('./sections/views.ts'),
  reloads: () => import('./sections/reloads.ts'),
  'per-packet': () => import('./sections/per-packet.ts'),
  peers: () => import('./sections/peers.ts'),
  accuracy: () => import('./sections/accuracy.ts'),
};

/** Measured only when they are named: what others do and how it grows decides nothing of a change. */
const onDemand = ['scaling', 'peers'];

/** What is measured where nothing is named. */
export const usual = Object.keys(sections).filter((name) => !onDemand.includes(name));
