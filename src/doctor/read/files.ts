// Whether our folders take files, and which files are damaged. Nothing is written for it: that a file system is read-only is what access(2)
// says, also to root, and how much room it has what statfs(2) says.
import { dirname } from 'node:path';
import { listMonths, readMonth, readRunningMonth } from '../../ledger/read.ts';
import { readIds } from '../../store/ids.ts';
import { readMoment } from '../../store/overrides.ts';
import type { Paths } from '../../store/paths.ts';
import type { Run } from '../../system/exec.ts';
import { isThere } from '../../system/files.ts';
import type { FilesFacts, Folder } from '../files.ts';
import { attempt, had } from '../finding.ts';
import { isReadOnly } from './stat.ts';

export async function readFilesFacts(run: Run, paths: Paths): Promise<FilesFacts> {
  const lasting = [...new Set([dirname(paths.ids), paths.rules])];
  const folders: Folder[] = [
    ...lasting.map((path) => ({ path, kind: 'lasting' as const })),
    { path: dirname(paths.guests), kind: 'of this boot' },
  ];
  const overrides = had(await attempt(() => readMoment(paths.overrides)))?.lost;
  const ids = had(await attempt(() => readIds(paths.ids, paths.rules)))?.lost;
  return {
    folders: onceEach(await Promise.all(folders.map((folder) => judged(run, folder)))),
    ...(overrides === undefined ? {} : { overrides }),
    ...(ids === undefined ? {} : { ids }),
    ledger: had(await attempt(() => troublesOf(paths.usage))) ?? [],
  };
}

/** The rules are mostly on the file system of what is beside them, of which one finding is enough. */
function onceEach(folders: Folder[]): Folder[] {
  return folders.filter(
    ({ kind, code }, at) => folders.findIndex((one) => one.kind === kind && one.code === code) === at,
  );
}

/** Bytes, of which the rules of a few guests take more. */
const little = 65_536;

async function judged(run: Run, folder: Folder): Promise<Folder> {
  const place = nearest(folder.path);
  if (isReadOnly(place)) return { ...folder, code: 'EROFS' };
  // By a process: Node.js has statfs only since 18.15.
  const { status, stdout } = await run('stat', ['-f', '-c', '%f %S %c %d', place]);
  const [blocks = 0, size = 0, inodes, free] = stdout.trim().split(' ').map(Number);
  // btrfs counts no inodes.
  const isFull = status === 0 && (blocks * size < little || (inodes !== 0 && free === 0));
  return isFull ? { ...folder, code: 'ENOSPC' } : folder;
}

/** The folder, or the one above it that is there: the first load makes ours. */
function nearest(path: string): string {
  return isThere(path) || path === dirname(path) ? path : nearest(dirname(path));
}

function troublesOf(folder: string): FilesFacts['ledger'] {
  const months = listMonths(folder).map((month) => readMonth(folder, month));
  return [readRunningMonth(folder), ...months].flatMap(({ trouble }) => trouble ?? []);
}
