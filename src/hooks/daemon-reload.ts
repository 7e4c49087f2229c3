// When systemd last told a daemon to look at its files again: the only trace that a SIGHUP leaves.
import type { Run } from '../system/exec.ts';

/** @returns milliseconds since 1970, of those daemons that were told since they started */
export async function readTold(run: Run, daemons: Iterable<string>): Promise<Map<string, number>> {
  const told = new Map<string, number>();
  for (const name of new Set(daemons)) {
    const args = ['show', '--timestamp=us+utc', '--property=ExecReload', `${name}.service`];
    const answer = await run('systemctl', args, { timeout: 5000 }).catch(() => undefined);
    const times = [...(answer?.stdout.matchAll(/start_time=\[\w+ (\S+) (\S+) UTC\]/g) ?? [])];
    if (times.length > 0)
      told.set(name, Math.max(...times.map(([, day, at]) => Date.parse(`${day}T${at}Z`))));
  }
  return told;
}
