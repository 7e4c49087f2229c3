// virt-shaper metrics: prints metrics for Prometheus, to stdout or to a file for node_exporter's textfile collector.

import { readRunningMonth } from '../../ledger/read.ts';
import type { Context } from '../../operations/context.ts';
import { look } from '../../operations/look.ts';
import { writeOutput } from '../../operations/output-file.ts';
import { metricsHead, reportMetrics } from '../../report/metrics/metrics.ts';
import { ConfigError } from '../../system/errors.ts';
import { withLock } from '../../system/lock.ts';

export interface MetricsOptions {
  /** A file; absent for stdout. */
  output?: string;
}

export async function metricsCommand(context: Context, { output }: MetricsOptions): Promise<number> {
  if (output === '') throw new ConfigError([{ severity: 'error', message: '--output is empty' }]);
  const { inUse, asked } = await look(context, '0');
  const text = reportMetrics(inUse, asked, readRunningMonth(context.paths.usage).value);
  if (output === undefined) {
    context.print(text);
    return 0;
  }
  // The timer and an administrator may write the same file at once.
  const lock = { file: context.paths.metricsLock, patience: context.lockTimeout, waiting: () => {} };
  await withLock(lock, async () => writeOutput(output, text, metricsHead));
  return 0;
}
