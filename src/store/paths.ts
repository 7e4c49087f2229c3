// Where everything lives. `--root DIR` moves /etc, /run and /var below DIR, for tests and packagers.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StoreName, storeFiles } from './files.ts';

/** Our own files (files.ts), and where those of others are. */
export interface Paths extends Record<Exclude<StoreName, 'hookCalled'>, string> {
  /** The main file as it is shown, and what goes before it when it is read. */
  config: { file: string; root?: string };
  templates: string;
  /** The options that lead to these paths, for a process of our own. */
  options: string[];
  /** Empty while none of the calls has begun Node.js. */
  hookCalled: (driver: string) => string;
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
  /** Which installation this is, as the kernel's objects say it (kernel/owner.ts). */
  owner: string;
}

const etc = '/etc/virt-shaper';
/** As it is shown, whatever the root. */
export const usualConfig = `${etc}/config.toml`;

export function makePaths(options: { root?: string; config?: string; rules?: string }): Paths {
  const below = (path: string) => join(options.root ? resolve(options.root) : '/', path);
  const names = Object.keys(storeFiles) as StoreName[];
  const own = Object.fromEntries(names.map((name) => [name, below(storeFiles[name].path)]));
  return {
    ...(own as Record<StoreName, string>),
    config: options.config
      ? { file: options.config }
      : { file: usualConfig, ...(options.root ? { root: resolve(options.root) } : {}) },
    templates: options.config
      ? join(dirname(resolve(options.config)), 'templates')
      : below(`${etc}/templates`),
    rules: options.rules
      ? resolve(options.rules)
      : (rulesOfCheckout(options.root) ?? below(storeFiles.rules.path)),
    owner: options.root ? ownerOf(resolve(options.root)) : 'host',
    options: Object.entries(options).flatMap(([name, value]) => [`--${name}`, resolve(value)]),
    hookCalled: (driver) => below(`${storeFiles.hookCalled.path}-${driver}`),
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
