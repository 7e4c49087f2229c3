// The state of our units and of libvirt's sockets, by one `systemctl show`, and the time of the last sync.

import { join } from 'node:path';
import { packaged } from '../../hooks/hook-file.ts';
import { stableNames } from '../../hooks/program.ts';
import type { Paths } from '../../store/paths.ts';
import type { Run } from '../../system/exec.ts';
import { isThere, readCache } from '../../system/files.ts';
import { attempt, had } from '../finding.ts';
import { otherUnits, ownUnits, type ServiceFacts, syncUnit, type UnitFacts } from '../services.ts';
import { filesIn, timeOf } from './stat.ts';

const properties = ['Id', 'LoadState', 'UnitFileState', 'ActiveState'];

export async function readServices(run: Run, paths: Paths): Promise<ServiceFacts> {
  const systemd = isThere(paths.systemd);
  const at = timeOf(paths.lastSync);
  const cron = systemd ? undefined : findCron(paths.cron);
  const [node = '', program = ''] = stableNames(process.argv[1] ?? '', process.execPath);
  const options = paths.options.flatMap((word, index) =>
    index % 2 === 0 ? [`${word}=${paths.options[index + 1]}`] : [],
  );
  return {
    systemd,
    // The package's program names its Node.js in its first line.
    configured: isThere(paths.config.file),
    loaded: isThere(join(paths.rules, 'good')),
    command: [...(program === packaged ? [program] : [node, program]), ...options],
    units: systemd ? await readUnits(run) : [],
    ...(cron === undefined ? {} : { cron }),
    ...(at === undefined ? {} : { lastSync: Date.now() - at }),
  };
}

async function readUnits(run: Run): Promise<UnitFacts[]> {
  const names = [...Object.keys(ownUnits), syncUnit, ...otherUnits];
  const asked = await attempt(() =>
    run('systemctl', ['show', `--property=${properties.join(',')}`, ...names]),
  );
  return (had(asked)?.stdout ?? '').split('\n\n').flatMap((block) => {
    const { Id, LoadState, UnitFileState, ActiveState } = Object.fromEntries(
      block.split('\n').map((line) => line.split('=') as [string, string]),
    );
    if (!Id) return [];
    const enabled = /^(enabled|enabled-runtime|static|alias|generated)$/.test(UnitFileState ?? '');
    return {
      name: Id,
      there: LoadState === 'loaded',
      enabled,
      active: ActiveState === 'active',
      failed: ActiveState === 'failed',
    };
  });
}

/** Finds a crontab entry that runs a sync, under whatever name the program has. @returns its file */
function findCron(places: string[]): string | undefined {
  // cron ignores files with a dot in their name.
  const entries = places.flatMap(filesIn).flatMap(filesIn);
  return entries.find((file) => /^\s*[^#\s].*virt-shaper.*\bsync\b/m.test(readCache(file) ?? ''));
}
