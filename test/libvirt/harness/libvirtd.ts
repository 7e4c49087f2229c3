// libvirt's daemon on a host, or the daemons that may stand in its place, one for guests and one for networks, without
// systemd: started as their units start them, with an empty environment but PATH. Guests are processes of their own, so a
// daemon may stop, or be killed, while they run.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../../support/netns.ts';
import type { Host } from './host.ts';

const hour = 3_600_000;

/** What a user calls to reach each. */
const daemons = {
  libvirtd: 'qemu:///system',
  virtqemud: 'qemu:///system',
  virtnetworkd: 'network:///system',
};
export type Daemon = keyof typeof daemons;

function daemonConf(name: Daemon, uuid: string): string {
  return `
auth_unix_rw = "none"
auth_unix_ro = "none"
host_uuid = "${uuid}"
log_outputs = "3:file:/var/log/libvirt/${name}.log"
`;
}

/** Migration by plain TCP, without a password: nobody else is on this wire. */
const listening = ({ address }: Host) => `
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
listen_addr = "${address}"
`;

/** Guests run as root, without what only systemd or a security module could give them. */
function qemuConf({ address }: Host): string {
  return `
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
migration_address = "${address}"
migration_host = "${address}"
`;
}

export function configureLibvirtd(host: Host, number: number): void {
  const etc = join(host.root, 'etc/libvirt');
  mkdirSync(etc, { recursive: true });
  const uuid = `11111111-2222-4333-8444-${String(number).padStart(12, '0')}`;
  for (const name of Object.keys(daemons) as Daemon[]) {
    const more = name === 'libvirtd' ? listening(host) : '';
    writeFileSync(join(etc, `${name}.conf`), daemonConf(name, uuid) + more);
  }
  writeFileSync(join(etc, 'qemu.conf'), qemuConf(host));
  for (const folder of ['lib', 'log', 'cache'])
    mkdirSync(join(host.root, 'var', folder, 'libvirt'), { recursive: true });
  mkdirSync(join(host.root, 'var/lib/libvirt/dnsmasq')); // Which the package has, and a network needs.
}

/** Whether the host has the daemons that may stand in libvirtd's place. */
export function hasModular({ root }: Host): boolean {
  return ['virtqemud', 'virtnetworkd'].every((name) => existsSync(join(root, 'usr/sbin', name)));
}

/** Until it answers. */
export async function startDaemon(host: Host, name: Daemon): Promise<Running> {
  rmSync(join(host.root, `run/${name}.pid`), { force: true });
  const rename = `hostname "$1" && exec ${name} ${name === 'libvirtd' ? '--listen' : ''}`;
  const daemon = host.start('unshare', ['--uts', 'sh', '-c', rename, 'sh', `host-${host.name}`], {
    cwd: '/',
    // systemd gives it the machine's language; without UTF-8, libvirt cuts long names between bytes.
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    timeout: hour,
  });
  let ended: string | undefined;
  void daemon.ended.then(({ stderr }) => {
    ended = stderr;
  });
  for (let waited = 0; waited < 30_000; waited += 100) {
    if (ended !== undefined) throw new Error(`${name} ended: ${ended}`);
    const { status } = await host.start('virsh', ['--quiet', '--connect', daemons[name], 'uri']).ended;
    if (status === 0) return daemon;
    await delay(100);
  }
  throw new Error(`${name} does not answer`);
}

export async function stopDaemon(daemon: Running, signal: NodeJS.Signals): Promise<void> {
  if (daemon.pid) process.kill(daemon.pid, signal);
  await daemon.ended;
}
