// virt-shaper load: loads rules.d into the kernel, all of it or nothing.
import { type Context, seconds } from '../../operations/context.ts';
import { asRendered, loadNow } from '../../operations/load-now.ts';
import { underLockCounted } from '../../operations/usage/count.ts';
import { ConfigError } from '../../system/errors.ts';

export interface LoadOptions {
  dryRun?: boolean;
  json?: boolean;
  /** Seconds, as typed. */
  confirm?: string;
}

/** Imports what `--dry-run` and `--confirm` need only where they are given. */
export async function loadCommand(context: Context, options: LoadOptions): Promise<number> {
  if (options.dryRun) return (await import('../../operations/plan-rules.ts')).planRules(context, options);
  if (options.json) {
    const message = '--json shows what --dry-run would change; a load itself has no data to show';
    throw new ConfigError([{ severity: 'error', message }]);
  }
  const { sayRendered } = await import('../../operations/say/rendered.ts');
  if (options.confirm !== undefined) {
    const time = seconds('--confirm', options.confirm);
    const { loadAndConfirm } = await import('../../operations/confirm.ts');
    const status = await loadAndConfirm(context, time, asRendered);
    if (status === 0) await sayRendered(context, true);
    return status;
  }
  const { tell } = await import('../../operations/say/changes.ts');
  const { deciding } = await import('../../operations/say/decided.ts');
  const { obstacles } = await underLockCounted(context, (site) =>
    deciding(context, 'load', () => loadNow(context, site, site.rules, undefined, tell(context, asRendered))),
  );
  await sayRendered(context, true);
  return obstacles.length > 0 ? 1 : 0;
}
