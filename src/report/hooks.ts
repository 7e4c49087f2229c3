// The report of `hooks status`: for each driver where our hook is, whether libvirt knows it, other hooks, and what is to do.
import { adviseDriver, isNoticed, type Surroundings } from '../hooks/advice.ts';
import { hookDrivers } from '../hooks/hook-file.ts';
import type { LibvirtHooks } from '../hooks/look.ts';
import { label } from '../text/label.ts';

export interface HooksStatus {
  driver: string;
  /** The path of our hook. */
  file: string;
  /** `ours`: there, executable, and unchanged since it was installed. */
  state: 'ours' | 'not executable' | 'nobody' | 'damaged' | 'edited' | 'foreign';
  /** Whether the running daemon knows it; null when none runs. */
  noticed: boolean | null;
  daemon: { name: string; pid: number } | null;
  /** Other hooks that libvirt runs for this driver. */
  others: string[];
  /** Why libvirt could not run our hook; once it is installed, no guest would start. */
  obstacles: string[];
  todo: string[];
}

/** @param wanted the text of the driver's hook as it would be installed now */
export function hooksStatus(
  hooks: LibvirtHooks['all'][number],
  wanted: string | undefined,
  around: Surroundings,
): HooksStatus {
  const { driver, place, daemon, others, obstacles } = hooks;
  const runs = place.whose === 'ours' && place.executable;
  return {
    driver,
    file: place.path,
    state: place.whose === 'ours' && !place.executable ? 'not executable' : place.whose,
    noticed: runs ? (isNoticed(hooks, around) ?? null) : daemon ? false : null,
    daemon: daemon ? { name: daemon.name, pid: daemon.pid } : null,
    others: others.map(({ path }) => path),
    obstacles: obstacles.map(({ why }) => why),
    todo: adviseDriver(hooks, wanted, around),
  };
}

const width = Math.max(...hookDrivers.map((driver) => driver.length)) + 2;

const words: Record<HooksStatus['state'], string> = {
  ours: 'installed',
  'not executable': 'installed, but not executable',
  nobody: 'not installed',
  damaged: 'damaged, so that no guest starts',
  edited: 'installed, and edited since',
  foreign: 'not installed: there is a file of somebody else',
};

/** Advice that holds for several drivers is printed once. */
export function reportHooks(all: HooksStatus[]): string {
  const said = new Set<string>();
  const isNew = (what: string) => !said.has(what) && said.add(what);
  return all
    .map(({ driver, file, state, noticed, daemon, others, obstacles, todo }) => {
      const knows = { true: 'has noticed it', false: 'may not have noticed it' }[String(noticed)];
      const lines = [
        `${words[state]}: ${label(file)}`,
        ...(daemon && knows && state === 'ours' ? [`${daemon.name} (${daemon.pid}) ${knows}`] : []),
        ...obstacles.map(
          (why) =>
            `libvirt ${state === 'nobody' ? 'could not run it' : 'cannot run it, so no guest starts'}: ${why}`,
        ),
        ...others.map((path) => `runs too: ${label(path)}`),
        ...todo.filter(isNew).map((what) => `to do: ${what}`),
      ];
      return lines.map((line, index) => `${(index === 0 ? driver : '').padEnd(width)}${line}\n`).join('');
    })
    .join('');
}
