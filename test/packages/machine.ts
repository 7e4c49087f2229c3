// A Debian of its own: the base under an overlay in memory, entered by chroot, in the namespaces of this process
// (test/support/netns.sh). Its kernel is this machine's, its network has no way out, and all of it goes with us.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where run.sh has put the packages, and the Debian that is the base. */
export const cache = process.env.PACKAGES ?? '';
const base = process.env.DEBIAN ?? '';

export interface Result {
  status: number | null;
  /** Both of its streams. */
  output: string;
}

export interface Machine {
  root: string;
  /** @param command for sh, in the machine, as root */
  run: (command: string, input?: string) => Result;
  /** @throws Error when it fails */
  must: (command: string, input?: string) => string;
  /** As `must`, while this process goes on. */
  later: (command: string) => Promise<string>;
  write: (path: string, text: string, mode?: number) => void;
  read: (path: string) => string;
  exists: (path: string) => boolean;
}

/** @param lower what lies above the base: folders of other machines (`layer`) */
export function makeMachine(name: string, lower: string[] = []): Machine & { layer: string } {
  const folder = join('/run/machines', name);
  const [upper, work, root] = ['upper', 'work', 'root'].map((part) => {
    mkdirSync(join(folder, part), { recursive: true });
    return join(folder, part);
  }) as [string, string, string];
  const below = [...lower, base].join(':');
  outside(`mount -t overlay overlay -o lowerdir=${below},upperdir=${upper},workdir=${work} ${root}
    mount -t proc proc ${root}/proc
    mount -t sysfs sysfs ${root}/sys
    mount --rbind /dev ${root}/dev
    mount -t tmpfs tmpfs ${root}/run`);
  const run = (command: string, input = '') => enter(root, command, input);
  return {
    root,
    layer: upper,
    run,
    must: (command, input) => {
      const { status, output } = run(command, input);
      if (status !== 0) throw new Error(`${command}: status ${status}\n${output}`);
      return output;
    },
    later: (command) => enterLater(root, command),
    write: (path, text, mode = 0o644) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { mode });
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
    exists: (path) => existsSync(join(root, path)),
  };
}

/** What the package needs is installed, the package is not. */
export function makeReadyMachine(name: string, more = ''): Machine & { layer: string } {
  const machine = makeMachine(name);
  machine.must(`${install} nodejs nftables iproute2 ${more}`);
  return machine;
}

/** By apt, from what the base has fetched: there is no way to a mirror. */
export const install = 'apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 -qq';

/**
 * @param which `built`, `former`, or `old/COMMIT`
 * @param name of the package, without its version
 * @returns its path in the machine
 */
export function bring(machine: Machine, kind: 'deb' | 'rpm', which: string, name = 'virt-shaper'): string {
  const file = packagesIn(join(cache, which), kind).find(
    (path) => /^(.*?)[-_]\d/.exec(basename(path))?.[1] === name,
  );
  if (file === undefined) throw new Error(`no .${kind} in ${which}`);
  outside(`cp ${file} ${machine.root}/root/`);
  return `/root/${basename(file)}`;
}

export function packagesIn(folder: string, kind: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${kind}`))
    .sort()
    .map((name) => join(folder, name));
}

/** @throws Error when it fails */
export function outside(command: string): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', command], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

export const surroundings = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};

const inRoot = (root: string, command: string) => [root, 'sh', '-c', `exec 2>&1; cd /root; ${command}`];

async function enterLater(root: string, command: string): Promise<string> {
  const shell = spawn('chroot', inRoot(root, command), {
    env: surroundings,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  shell.stdout.on('data', (data) => {
    said += data;
  });
  const status = await new Promise((resolve) => shell.on('close', resolve));
  if (status !== 0) throw new Error(`${command}: status ${status}\n${said}`);
  return said;
}

function enter(root: string, command: string, input: string): Result {
  const { status, stdout } = spawnSync('chroot', inRoot(root, command), {
    input,
    encoding: 'utf8',
    env: surroundings,
    maxBuffer: 1 << 28,
    timeout: 300_000,
  });
  return { status, output: stdout };
}

/** Every path of the machine that a package could have left, but for what apt and dpkg keep for themselves. */
export function filesOf(machine: Machine): string[] {
  const own = [
    '/proc',
    '/sys',
    '/dev',
    '/root',
    '/tmp',
    '/var/cache',
    '/var/log',
    '/var/lib/apt',
    '/var/lib/dpkg',
  ];
  const pruned = own.map((path) => `-path ${path}`).join(' -o ');
  return machine.must(`find / \\( ${pruned} \\) -prune -o -print | sort`).trim().split('\n');
}
