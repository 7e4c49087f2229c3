// Where everything lives. `--root DIR` moves /etc, /run and /var below DIR, for tests and packagers.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Paths {
  /** The main file as it is shown, and what goes before it when it is read. */
  config: { file: string; root?: string };
  templates: string;
  rules: string;
  /** Gone with a reboot, like the guests. */
  guests: string;
  guestsLock: string;
  kernel: string;
  listing: string;
  seen: string;
  journal: string;
  /** A load that waits for its confirmation. */
  pending: string;
  /** Taps whose clsact was there before us. */
  foreignTaps: string;
  formerSettings: string;
  /** The options that lead to these paths, for a process of our own. */
  options: string[];
  /** The configuration that counts after a load that was not confirmed, until the next render. */
  held: string;
  /** The configuration that was loaded last, laid out when the present one cannot be read. */
  lastGood: string;
  lock: string;
  /** How the loads since boot ended (store/history.ts). */
  history: string;
  /** Held by a sync that waits for things to settle. */
  syncLock: string;
  /** The rules of a sync, where those of the rules' folder wait for their load. */
  syncRules: string;
  /** The rules that an apply would load, while it is only asked what it would change. */
  dryRules: string;
  /** Held while metrics are written. */
  metricsLock: string;
  /** Its time is that of the last sync; empty. */
  lastSync: string;
  /** There after an unload, until somebody loads again (store/unloaded.ts). */
  unloaded: string;
  /** One file for each driver whose hook libvirt has called since boot; empty while none of these calls has begun Node.js. */
  hookCalled: (driver: string) => string;
  /** How the last call of each guest ended (hooks/hook-file.ts). */
  hookTold: string;
  /** Starts and stops that wait to be done together (hooks/calls.ts). */
  hookCalls: string;
  /** virt-shaper-sync.path watches it. */
  syncWanted: string;
  /** Where libvirt keeps the state of the guests that a driver runs now. */
  libvirtState: (driver: string) => string;
  /** Where it keeps the state of its networks. */
  libvirtNetworks: string;
  /** Where libvirt keeps what was defined. */
  libvirtEtc: string;
  /** libvirt's folder of hooks. */
  libvirtHooks: string;
  /** Where a daemon of libvirt's says which process it is. */
  daemonPid: (daemon: string) => string;
  /** The kernel's own files, and AppArmor's profiles: whether libvirt may run a hook. */
  sys: string;
  apparmor: string;
  /** There when SELinux' policy has our module. */
  selinuxModule: string;
  /** There where systemd runs the host. */
  systemd: string;
  /** Where cron has its entries: folders of files, and one file. */
  cron: string[];
  /** Kept for good. */
  ids: string;
  /** Which installation this is, as the kernel's objects say it (kernel/owner.ts). */
  owner: string;
  /** The speeds that links had last (store/speeds.ts). */
  speeds: string;
}

const etc = '/etc/virt-shaper';
/** As it is shown, whatever the root. */
export const usualConfig = `${etc}/config.toml`;

export function makePaths(options: { root?: string; config?: string; rules?: string }): Paths {
  const below = (path: string) => join(options.root ? resolve(options.root) : '/', path);
  return {
    config: options.config
      ? { file: options.config }
      : { file: usualConfig, ...(options.root ? { root: resolve(options.root) } : {}) },
    templates: options.config
      ? join(dirname(resolve(options.config)), 'templates')
      : below(`${etc}/templates`),
    rules: options.rules
      ? resolve(options.rules)
      : (rulesOfCheckout(options.root) ?? below('/var/lib/virt-shaper/rules.d')),
    owner: options.root ? ownerOf(resolve(options.root)) : 'host',
    guests: below('/run/virt-shaper/guests.json'),
    guestsLock: below('/run/virt-shaper/guests.lock'),
    kernel: below('/run/virt-shaper/kernel.json'),
    listing: below('/run/virt-shaper/table-as-listed'),
    seen: below('/run/virt-shaper/as-seen'),
    journal: below('/run/virt-shaper/journal'),
    pending: below('/run/virt-shaper/confirm'),
    held: below('/run/virt-shaper/held'),
    lastGood: below('/run/virt-shaper/last-good'),
    foreignTaps: below('/run/virt-shaper/foreign-taps'),
    formerSettings: below('/run/virt-shaper/former-settings'),
    options: Object.entries(options).flatMap(([name, value]) => [`--${name}`, resolve(value)]),
    lock: below('/run/virt-shaper/lock'),
    history: below('/run/virt-shaper/history.json'),
    syncLock: below('/run/virt-shaper/sync.lock'),
    dryRules: below('/run/virt-shaper/dry-run'),
    syncRules: below('/run/virt-shaper/sync'),
    metricsLock: below('/run/virt-shaper/metrics.lock'),
    unloaded: below('/var/lib/virt-shaper/unloaded.json'),
    lastSync: below('/run/virt-shaper/last-sync'),
    hookCalled: (driver) => below(`/run/virt-shaper/hook-called-${driver}`),
    hookTold: below('/run/virt-shaper/hook-told'),
    hookCalls: below('/run/virt-shaper/hook-calls'),
    syncWanted: below('/run/virt-shaper/sync-wanted'),
    libvirtState: (driver) => below(`/run/libvirt/${driver}`),
    libvirtNetworks: below('/run/libvirt/network'),
    libvirtEtc: below('/etc/libvirt'),
    libvirtHooks: below('/etc/libvirt/hooks'),
    daemonPid: (daemon) => below(`/run/${daemon}.pid`),
    sys: below('/sys'),
    apparmor: below('/etc/apparmor.d'),
    selinuxModule: below('/var/lib/selinux/targeted/active/modules/200/virt_shaper'),
    systemd: below('/run/systemd/system'),
    cron: [below('/etc/cron.d'), below('/etc/crontab'), below('/var/spool/cron')],
    ids: below('/var/lib/virt-shaper/ids.json'),
    speeds: below('/var/lib/virt-shaper/speeds.json'),
  };
}

/** Fit for an alias, of which the kernel keeps 255 bytes: the path, without what a shell or ip would take for more. */
function ownerOf(root: string): string {
  const plain = (odd: string) => Array.from(Buffer.from(odd), (byte) => `%${byte.toString(16)}`).join('');
  return root.replace(/[^\w./-]/gu, plain).slice(-200);
}

/**
 * In a checkout the rules are the folder at its top, as seen from the bundle in dist/ and from src/system/;
 * installed, the package has no tsconfig.json.
 */
function rulesOfCheckout(root: string | undefined): string | undefined {
  if (root) return undefined;
  const rules = ['../rules.d', '../../rules.d'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return rules.find((folder) => existsSync(folder) && existsSync(join(folder, '../tsconfig.json')));
}
