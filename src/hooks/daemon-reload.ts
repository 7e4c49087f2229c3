// When systemd last told a daemon to look at its files again: the only traces that a SIGHUP leaves. When the command was
// run is known until systemd reads its own files anew, as each installation of a package has it do; that a unit changed
// its state after it had become active, which a service does at a reload only, is known after that, too.
import type { Run } from '../system/exec.ts';

const properties = [
  'ExecReload',
  'ActiveState',
  'ActiveEnterTimestamp',
  'StateChangeTimestamp',
  'ReloadResult',
];

/** @returns milliseconds since 1970, of those daemons that were told since they started */
export async function readTold(run: Run, daemons: Iterable<string>): Promise<Map<string, number>> {
  const told = new Map<string, number>();
  for (const name of new Set(daemons)) {
    const args = ['show', '--timestamp=us+utc', `--property=${properties.join()}`, `${name}.service`];
    const answer = await run('systemctl', args, { timeout: 5000 }).catch(() => undefined);
    const times = timesIn(answer?.stdout ?? '');
    if (times.length > 0) told.set(name, Math.max(...times));
  }
  return told;
}

function timesIn(text: string): number[] {
  const commands = [...text.matchAll(/start_time=\[(.*?)\]/g)].flatMap(([, time]) => timeOf(time));
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
  const [entered] = timeOf(value('ActiveEnterTimestamp'));
  const [changed] = timeOf(value('StateChangeTimestamp'));
  const wasReloaded =
    value('ActiveState') === 'active' &&
    value('ReloadResult') === 'success' &&
    entered &&
    changed &&
    changed > entered;
  return wasReloaded ? [...commands, changed] : commands;
}

/** `Mon 2026-03-02 10:00:00.250000 UTC`; none for `n/a`. */
function timeOf(text = ''): number[] {
  const [, day, time] = /^\w+ (\S+) (\S+) UTC$/.exec(text) ?? [];
  return day ? [Date.parse(`${day}T${time}Z`)] : [];
}
