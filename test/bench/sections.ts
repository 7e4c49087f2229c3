// All sections, in the order they are measured and shown. Loaded only when asked for.
import type { Measure } from './section.ts';

type Load = () => Promise<{ measure: Measure }>;

export const sections: Record<string, Load> = {
  hook: () => import('./sections/hook.ts'),
  virsh: () => import('./sections/virsh.ts'),
  crowd: () => import('./sections/crowd.ts'),
  restart: () => import('./sections/restart.ts'),
  life: () => import('./sections/life.ts'),
  load: () => import('./sections/load.ts'),
  scaling: () => import('./sections/scaling.ts'),
  memory: () => import('./sections/memory.ts'),
  usage: () => import('./sections/usage.ts'),
  views: () => import('./sections/views.ts'),
  reloads: () => import('./sections/reloads.ts'),
  'per-packet': () => import('./sections/per-packet.ts'),
  choice: () => import('./sections/choice.ts'),
  peers: () => import('./sections/peers.ts'),
  accuracy: () => import('./sections/accuracy.ts'),
};

/** Measured only when they are named: what takes minutes to make, and what decides nothing of a change. */
const onDemand = ['restart', 'scaling', 'choice', 'peers'];

/** What is measured where nothing is named. */
export const usual = Object.keys(sections).filter((name) => !onDemand.includes(name));

/** Those that are left out where libvirt's daemon is not installed, which it is for whoever names one of them. */
export const withLibvirt = ['virsh', 'restart'];
