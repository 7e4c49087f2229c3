// The paths of all files that virt-shaper reads or writes. `--root DIR` moves /etc, /run and /var below DIR, for tests and
// packagers.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StoreName, storeFiles } from './files.ts';

/** Our own files (files.ts), and those of libvirt, systemd and others. */
export interface Paths extends Record<Exclude<StoreName, 'hookCalled'>, string> {
  /** The main file. */
  config: { file: string };
  /** The main file where none is named. */
  usualConfig: string;
  templates: string;
  /** The options that make a virt-shaper process use these paths. */
  options: string[];
  /** Made by the first call of a driver's hook since boot; empty until a call has got as far as to start Node.js. */
  hookCalled: (driver: string) => string;
  /** The folder in which libvirt has the state of the guests that a driver runs now. */
  libvirtState: (driver: string) => string;
  /** The folder in which libvirt has the state of its active networks. */
  libvirtNetworks: string;
  /** The folder in which libvirt has the definitions of guests and networks. */
  libvirtEtc: string;
  /** The folder from which libvirt runs hooks. */
  libvirtHooks: string;
  /** The file with the process id of one of libvirt's daemons. */
  daemonPid: (daemon: string) => string;
  /** sysfs and AppArmor's profiles, which say whether libvirt may run a hook. */
  sys: string;
  apparmor: string;
  /** Exists when our module is part of SELinux' policy. */
  selinuxModule: string;
  /** Exists where systemd is the host's init. */
  systemd: string;
  /** cron's entries: two folders and a file. */
  cron: string[];
  /** The name of this installation, as it stands in the alias of devices that it makes (kernel/owner.ts). */
  owner: string;
}

const etc = '/etc/virt-shaper';

export function makePaths(options: { root?: string; config?: string; rules?: string }): Paths {
  const below = (path: string) => join(options.root ? resolve(options.root) : '/', path);
  const usualConfig = below(`${etc}/config.toml`);
  const names = Object.keys(storeFiles) as StoreName[];
  const own = Object.fromEntries(names.map((name) => [name, below(storeFiles[name].path)]));
  return {
    ...(own as Record<StoreName, string>),
    config: { file: options.config ?? usualConfig },
    usualConfig,
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

/**
 * The path in a form that fits a device's alias: at most 200 characters, since the kernel keeps 255 bytes, and none that a
 * shell or ip would interpret.
 */
function ownerOf(root: string): string {
  const plain = (odd: string) => Array.from(Buffer.from(odd), (byte) => `%${byte.toString(16)}`).join('');
  return root.replace(/[^\w./-]/gu, plain).slice(-200);
}

/**
 * In a checkout the rules are in rules.d at its top. Both paths are tried, since the bundle in dist/ and a source file have
 * different depths; the tsconfig.json tells a checkout from an installed package, which has none.
 */
function rulesOfCheckout(root: string | undefined): string | undefined {
  if (root) return undefined;
  const rules = ['../rules.d', '../../rules.d'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return rules.find((folder) => existsSync(folder) && existsSync(join(folder, '../tsconfig.json')));
}
