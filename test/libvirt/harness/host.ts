// A virtualisation host of its own beside others: a network namespace with two bridges and their uplinks, and
// a root that is the machine's (or another distribution's) under an overlay in memory. So libvirt, qemu and
// virt-shaper find everything at its usual path, and nothing of the machine is read that a test could
// depend on, nor written. The wire between the hosts is this process's own namespace.
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import type { Namespace, Namespaces, Running, RunOptions } from '../../support/netns.ts';

export interface Host {
  name: string;
  address: string;
  space: Namespace;
  /** The host's root, as this process sees it. */
  root: string;
  start: (command: string, args: string[], options?: RunOptions) => Running;
  /** Why no guest that boots can be had on this machine. */
  noGuests?: string;
  /** @returns stdout. @throws when the command fails, with what it said */
  run: (command: string, args: string[], options?: RunOptions) => Promise<string>;
}

/** The bridges of every host, and the uplink of each. */
export const uplinks: Record<string, string> = { br0: 'eth0', br1: 'eth1' };
export const wireAddress = '10.77.0.1';
const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What somebody's libvirt or virt-shaper has on this machine is not ours to meet. */
const foreign = ['libvirt', 'virt-shaper'].flatMap((name) =>
  ['etc', 'var/lib', 'var/cache', 'var/log', 'opt', 'usr/local/sbin'].map((folder) => `${folder}/${name}`),
);

/** Where libvirt-setup.sh has put a Debian. */
export function debianFolder(suite: string): string {
  return join(checkout, 'node_modules/.cache/libvirt-guest', suite);
}

/** To be called once, in a namespace of our own. */
export function makeWire(): void {
  ip(
    'link add switch type bridge',
    `addr add ${wireAddress}/24 dev switch`,
    'addr add 10.77.1.1/24 dev switch',
  );
  ip('link set switch up');
}

/**
 * @param scratch a folder in memory, gone with this process
 * @param number the host's in the network: 10.77.0.NUMBER
 * @param lower the root of the distribution that it runs
 */
export function makeHost(
  spaces: Namespaces,
  scratch: string,
  name: string,
  number: number,
  lower: string,
): Host {
  const space = spaces.add(name);
  const address = `10.77.0.${number}`;
  for (const [bridge, uplink] of Object.entries(uplinks)) {
    ip(`link add ${name}-${uplink} type veth peer name ${uplink} netns ${space.name}`);
    ip(`link set ${name}-${uplink} master switch up`);
    ip.in(
      space,
      `link add ${bridge} type bridge`,
      `link set ${uplink} master ${bridge} up`,
      `link set ${bridge} up`,
    );
  }
  ip.in(space, `addr add ${address}/24 dev br0`);
  const root = makeRoot(scratch, name, space, lower);
  const start: Host['start'] = (command, args, options) =>
    space.start('chroot', [root, command, ...args], {
      env: { PATH: path, HOME: '/root', LC_ALL: 'C.UTF-8' },
      ...options,
    });
  const run: Host['run'] = async (command, args, options) => {
    const { status, stdout, stderr } = await start(command, args, options).ended;
    if (status === 0) return stdout;
    throw new Error(`${command} ${args.join(' ')}: ${stderr.trim() || `exit status ${status}`}`);
  };
  return { name, address, space, root, start, run };
}

function makeRoot(scratch: string, name: string, space: Namespace, lower: string): string {
  const base = join(scratch, name);
  const root = join(base, 'root');
  for (const folder of ['upper', 'work', 'root']) mkdirSync(join(base, folder), { recursive: true });
  mount(
    '-t',
    'overlay',
    '-o',
    `lowerdir=${lower},upperdir=${base}/upper,workdir=${base}/work`,
    'overlay',
    root,
  );
  mount('-t', 'tmpfs', 'tmpfs', join(root, 'run'));
  mount('-t', 'proc', 'proc', join(root, 'proc'));
  mount('--rbind', '/dev', join(root, 'dev'));
  // /sys/class/net shows the namespace of its mounter.
  execaSync('nsenter', [
    `--net=/run/netns/${space.name}`,
    'mount',
    '-t',
    'sysfs',
    'sysfs',
    join(root, 'sys'),
  ]);
  for (const folder of foreign) rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, 'run/guest'));
  return root;
}

/** As README says: the program below /opt, and node where the hook finds it. @param from a checkout, or a copy of its parts */
export function installProgram({ root }: Host, from = checkout): void {
  const program = join(root, 'opt/virt-shaper');
  for (const part of ['dist', 'templates', 'package.json'])
    cpSync(join(from, part), join(program, part), { recursive: true });
  mkdirSync(join(root, 'usr/local/sbin'), { recursive: true });
  execaSync('ln', ['-s', '/opt/virt-shaper/dist/virt-shaper.js', join(root, 'usr/local/sbin/virt-shaper')]);
  const nodes = path.split(':').map((folder) => join(root, folder, 'node'));
  if (!nodes.some(existsSync)) copyFileSync(process.execPath, join(root, 'usr/local/bin/node'));
  // What the hook has to say goes to the system's log, and no such thing runs here.
  writeFileSync(join(root, 'usr/local/bin/logger'), '#!/bin/sh\nexec cat >> /run/journal\n', { mode: 0o755 });
  writeFileSync(join(root, 'run/journal'), '');
}

function mount(...args: string[]): void {
  execaSync('mount', args);
}

function ip(...commands: string[]): void {
  execaSync('ip', ['-batch', '-'], { input: commands.join('\n') });
}
ip.in = (space: Namespace, ...commands: string[]): void => {
  execaSync('ip', ['-n', space.name, '-batch', '-'], { input: commands.join('\n') });
};
