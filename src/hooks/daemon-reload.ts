// When systemd last reloaded a daemon. There are two traces of a reload: the start time of ExecReload, which systemd forgets
// at a daemon-reload, as each installation of a package causes; and that an active unit has changed its state after it had
// become active, as it does only at a reload, which systemd remembers.
import type { Run } from '../system/exec.ts';

const properties = [
  'ExecReload',
  'ActiveState',
  'ActiveEnterTimestamp',
  'StateChangeTimestamp',
  'ReloadResult',
];

/** @returns daemon -> last reload in milliseconds since 1970, of the daemons that were reloaded since they started */
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

/** Parses `Mon 2026-03-02 10:00:00.250000 UTC`; empty for `n/a`. */
function timeOf(text = ''): number[] {
  const [, day, time] = /^\w+ (\S+) (\S+) UTC$/.exec(text) ?? [];
  return day ? [Date.parse(`${day}T${time}Z`)] : [];
}
