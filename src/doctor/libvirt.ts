// libvirt and what connects it with virt-shaper: its daemons, the hooks that they call, and the sync that finds guests which
// no hook reported.
import { type Attempt, type Finding, unread } from './finding.ts';

export interface LibvirtFacts {
  /** Whether any program of libvirt's is installed. */
  installed: boolean;
  /** libvirt's version; absent when none of its programs prints it. */
  version?: string;
  /** The running daemons, with their process ids. */
  daemons: Map<string, number>;
  /** Whether systemd is this host's init. */
  systemd: boolean;
  /** libvirt's sockets on which systemd listens to start a daemon. */
  sockets: string[];
  /** Drivers that have a folder of running guests. */
  drivers: string[];
  /** The command that a hook runs; an error when users other than root can change it. */
  program: Attempt<string[]>;
  hooks: HookFacts[];
  /** Whether systemd starts a sync at once for a guest that no hook reported. */
  syncs: boolean;
}

/** Our hook for one of libvirt's drivers, as hooks/inspect.ts read it. */
export interface HookFacts {
  driver: string;
  file: string;
  whose: 'nobody' | 'ours' | 'damaged' | 'edited' | 'foreign';
  executable: boolean;
  /** Why libvirt cannot execute it. */
  obstacles: string[];
  /** The driver's daemon, when it is running. */
  daemon?: string;
  /** Whether that daemon has noticed it. */
  noticed?: boolean;
  /** What to do, in words. */
  todo: string[];
}

export function checkLibvirt(facts: LibvirtFacts): Finding[] {
  const { version, hooks } = facts;
  if (!facts.installed && facts.daemons.size === 0 && facts.drivers.length === 0) {
    return [
      {
        check: 'libvirt',
        level: 'warning',
        subject: 'libvirt',
        detail: 'not found on this host: nobody tells virt-shaper when guests start and stop',
        hint: 'install libvirt-daemon-system (Fedora: libvirt-daemon-kvm), or hand guests over with virt-shaper hook',
      },
    ];
  }
  // A finding about qemu's hook, the first, is not repeated for the drivers installed with it.
  const qemu = hooks.some(({ driver, whose }) => driver === 'qemu' && whose !== 'nobody');
  return [
    checkDaemon(facts),
    ...checkAge(version),
    ...('failed' in facts.program ? [unread('program', 'program', facts.program)] : []),
    ...hooks.filter(({ driver }) => driver === 'qemu' || qemu).map((hook) => checkHook(hook, facts)),
  ];
}

function checkDaemon({ version = 'of unknown version', daemons, sockets, systemd }: LibvirtFacts): Finding {
  const about = { check: 'libvirt', subject: 'libvirt' };
  const running = [...daemons].map(([name, pid]) => `${name} (${pid})`).join(', ');
  if (running) return { ...about, level: 'ok', detail: `${version}, ${running} running` };
  if (sockets.length > 0) {
    return { ...about, level: 'ok', detail: `${version}, starts when ${sockets.join(', ')} is asked` };
  }
  return {
    ...about,
    level: 'warning',
    detail: `${version}, no daemon of it runs: no guest can start, and no hook is called when one stops`,
    hint: systemd
      ? 'systemctl start libvirtd (or virtqemud.socket, where the daemons are split)'
      : 'start libvirtd, or where the daemons are split virtqemud',
  };
}

const states = {
  nobody: 'not installed',
  damaged: 'damaged',
  edited: 'edited since it was installed',
  foreign: "not installed: a file of somebody else's is in its place",
};

function checkHook(hook: HookFacts, { syncs, systemd, hooks }: LibvirtFacts): Finding {
  const { driver, file, whose, executable, daemon, noticed, todo } = hook;
  const about = { check: `hook.${driver}`, subject: `hook ${driver}` };
  const [obstacle] = hook.obstacles;
  if (obstacle) {
    const isThere = whose !== 'nobody' && executable;
    const what = isThere
      ? 'libvirt cannot run it, so no guest starts'
      : 'not installed, and could not be run';
    return {
      ...about,
      level: driver === 'qemu' || isThere ? 'problem' : 'warning',
      detail: `${what}: ${obstacle}`,
      hint: todo.join('\n'),
    };
  }
  // The detail says already that it is not installed.
  const hint = todo.length > 0 ? { hint: todo.join('\n').replace(/^not installed: /, '') } : {};
  const works = (whose === 'ours' || whose === 'edited') && executable && noticed !== false;
  if (works) {
    const seen = daemon && noticed ? `, ${daemon} has noticed it` : '';
    const detail = `${whose === 'ours' ? 'installed' : states[whose]}: ${file}${seen}`;
    return { ...about, level: todo.length > 0 ? 'warning' : 'ok', detail, ...hint };
  }
  const state =
    whose === 'nobody' || whose === 'foreign'
      ? states[whose]
      : executable
        ? `installed, but ${daemon} has not noticed it`
        : 'installed, but not executable';
  const late = syncs ? 'guests are shaped a moment after they start' : 'guests start unshaped';
  // A daemon's SIGHUP leaves no trace outside systemd. A daemon that calls qemu's hook has looked for hooks since both were
  // installed, which happens at once.
  const looked = hooks.some((one) => one.driver === 'qemu' && one.noticed && one.daemon === daemon);
  if (driver !== 'qemu' && whose === 'ours' && executable && (looked || driver === 'network')) {
    return { ...about, level: 'ok', detail: `installed: ${file}, not called yet` };
  }
  if (driver !== 'qemu') return { ...about, level: 'warning', detail: state, ...hint };
  if (whose === 'ours' && executable && !systemd) {
    const detail = `installed, and ${daemon} has not called it yet: perhaps it does not know of it`;
    return { ...about, level: 'warning', detail, ...hint };
  }
  return { ...about, level: syncs ? 'warning' : 'problem', detail: `${state}: ${late}`, ...hint };
}

/** libvirt reads qemu.d and lxc.d from 6.5 on. */
function checkAge(version: string | undefined): Finding[] {
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? [7];
  if (major > 6 || (major === 6 && minor >= 5)) return [];
  return [
    {
      check: 'libvirt.version',
      level: 'warning',
      subject: 'libvirt',
      detail: `${version} reads no hooks from qemu.d, which takes 6.5: only the file hooks/qemu is called`,
      hint: 'virt-shaper hooks install knows both ways',
    },
  ];
}
