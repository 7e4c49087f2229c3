// npm run bench accuracy   what arrives against what is configured, and what the formulas of src/plan/arithmetic.ts
// are for: the same beside it with tc's own burst, leaf or one quantum for all. Nothing is measured twice.
import { measureLatency } from '../accuracy/latency.ts';
import { measureRates } from '../accuracy/rates.ts';
import { measureSharing } from '../accuracy/sharing.ts';
import { makeWorld } from '../accuracy/world.ts';
import type { Measure } from '../section.ts';

export const measure: Measure = async (bench) => {
  const world = await makeWorld(bench);
  const rates = await measureRates(world, bench);
  const sharing = await measureSharing(world, bench.quick);
  const latency = await measureLatency(world, bench.quick);
  return {
    name: 'accuracy',
    title: 'What arrives against what is configured',
    rows: [...rates.rows, ...sharing, ...latency],
    plots: rates.plots,
  };
};
