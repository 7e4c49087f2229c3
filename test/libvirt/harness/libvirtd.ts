// libvirt's daemon on a host, without systemd: started as its unit starts it, with an empty environment but
// PATH. Guests are processes of their own, so it may stop, or be killed, while they run.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../../support/netns.ts';
import type { Host } from './host.ts';
import { virsh } from './virsh.ts';

const hour = 3_600_000;

/** Migration by plain TCP, without a password: nobody else is on this wire. */
function libvirtdConf({ address }: Host, uuid: string): string {
  return `
auth_unix_rw = "none"
auth_unix_ro = "none"
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
listen_addr = "${address}"
host_uuid = "${uuid}"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`;
}

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
  writeFileSync(join(etc, 'libvirtd.conf'), libvirtdConf(host, uuid));
  writeFileSync(join(etc, 'qemu.conf'), qemuConf(host));
  for (const folder of ['lib', 'log', 'cache'])
    mkdirSync(join(host.root, 'var', folder, 'libvirt'), { recursive: true });
  mkdirSync(join(host.root, 'var/lib/libvirt/dnsmasq')); // Which the package has, and a network needs.
}

/** Until it answers. */
export async function startLibvirtd(host: Host): Promise<Running> {
  rmSync(join(host.root, 'run/libvirtd.pid'), { force: true });
  const rename = 'hostname "$1" && exec libvirtd --listen';
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
    if (ended !== undefined) throw new Error(`libvirtd ended: ${ended}`);
    if (
      await virsh(host, 'uri').then(
        () => true,
        () => false,
      )
    )
      return daemon;
    await delay(100);
  }
  throw new Error('libvirtd does not answer');
}

export async function stopLibvirtd(daemon: Running, signal: NodeJS.Signals): Promise<void> {
  if (daemon.pid) process.kill(daemon.pid, signal);
  await daemon.ended;
}
