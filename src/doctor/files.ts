// The files of our own below /run and /var: whether they can be written, and which of them are damaged that no other section reads. A sync
// says so too, but only once it has failed.
import type { Trouble } from '../ledger/read.ts';
import { writeHint } from '../system/errors.ts';
import type { Finding } from './finding.ts';

export interface FilesFacts {
  /** The folders that a load writes to, with what keeps the kernel from taking files there. */
  folders: Folder[];
  /** What is lost where the file is damaged; absent where it is not. */
  overrides?: string;
  ids?: string;
  ledger: Trouble[];
}

export interface Folder {
  path: string;
  kind: 'lasting' | 'of this boot';
  /** The kernel's code for it; absent where files can be written. */
  code?: 'EROFS' | 'ENOSPC';
}

const consequences = {
  lasting: 'guests are shaped by rules in /run, and no apply, limit or usage is kept',
  'of this boot': 'no load can change anything, and a guest that starts is not shaped, or does not start',
};

export function checkFiles({ folders, overrides, ids, ledger }: FilesFacts): Finding[] {
  const about = { check: 'files', subject: 'files' };
  return [
    ...folders.flatMap(({ path, kind, code }): Finding[] => {
      if (!code) return [];
      const what = code === 'EROFS' ? 'the file system is read-only' : 'there is no room left';
      const hint = writeHint(`${path}/file`, code);
      const detail = `${path}: ${what}: ${consequences[kind]}`;
      return [{ check: 'room', level: 'problem', subject: 'room', detail, ...(hint ? { hint } : {}) }];
    }),
    ...(overrides === undefined
      ? []
      : [
          {
            ...about,
            level: 'problem' as const,
            detail: overrides,
            hint: 'put it right before the next sync, or set the limits again: virt-shaper limit',
          },
        ]),
    ...(ids === undefined ? [] : [{ ...about, level: 'warning' as const, detail: ids }]),
    ...ledger.map(
      ({ text, kind }): Finding => ({
        ...about,
        level: 'warning',
        detail: text,
        hint:
          kind === 'newer'
            ? 'install that version again, or move the file away to begin a new one'
            : 'the next sync begins a new one, and keeps this one beside it',
      }),
    ),
  ];
}
