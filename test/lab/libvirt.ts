// Calls virt-shaper as libvirt 9 does when a guest starts and ends: NAME OP SUBOP EXTRA, the domain's XML on
// stdin, an environment of PATH and LC_ALL, and / as the working directory. The tap exists between `prepare`
// and `stopped`; only in between does the XML name it.
import { fileURLToPath } from 'node:url';
import { patience } from '../support/patience.ts';
import { type Guest, type Host, plug, unplug } from './host.ts';
import { router } from './policy.ts';

export const virtShaper = fileURLToPath(new URL('../../dist/virt-shaper.js', import.meta.url));

export interface Libvirt {
  host: Host;
  bridge: string;
  /** The folder given as --root. */
  root: string;
  /** In place of the built one. */
  program?: string;
}

export async function startGuest(libvirt: Libvirt, guest: Guest): Promise<void> {
  await callHook(libvirt, guest, 'prepare', 'begin', false);
  await plug(libvirt.host, guest, libvirt.bridge);
  await callHook(libvirt, guest, 'start', 'begin', true);
  await callHook(libvirt, guest, 'started', 'begin', true);
}

/** Also for a guest whose start failed halfway, as libvirt does. */
export async function endGuest(libvirt: Libvirt, guest: Guest): Promise<void> {
  await unplug(libvirt.host, guest);
  await callHook(libvirt, guest, 'stopped', 'end', false);
  await callHook(libvirt, guest, 'release', 'end', false);
}

/** Runs a command of virt-shaper on the host; @returns its stdout */
export async function runVirtShaper(
  { host, root, program = virtShaper }: Libvirt,
  args: string[],
  input = '',
): Promise<string> {
  const where = ['--root', root, '--rules', `${root}/rules.d`];
  return host.space.run(process.execPath, [program, ...where, ...patience, ...args], {
    input,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  });
}

export async function callHook(
  libvirt: Libvirt,
  guest: Guest,
  op: string,
  subOp: string,
  plugged: boolean,
): Promise<void> {
  const xml = domainXml(guest, guest.routed ? router.bridge : libvirt.bridge, plugged);
  const stdout = await runVirtShaper(libvirt, ['hook', 'qemu', guest.name, op, subOp, '-'], xml);
  // libvirt takes it for the guest's XML.
  if (stdout !== '') throw new Error(`the hook wrote to stdout at ${op} of ${guest.name}: ${stdout}`);
}

/** As libvirt 9.0 writes it, shortened to one device of each kind. */
function domainXml({ name, uuid, mac, tap }: Guest, bridge: string, plugged: boolean): string {
  return `<domain type='kvm'${plugged ? " id='1'" : ''}>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <libosinfo:os id="http://debian.org/debian/12"/>
    </libosinfo:libosinfo>
  </metadata>
  <memory unit='KiB'>1048576</memory>
  <currentMemory unit='KiB'>1048576</currentMemory>
  <vcpu placement='static'>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/${name}.qcow2'${plugged ? " index='1'" : ''}/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
    <interface type='bridge'>
      <mac address='${mac}'/>
      <source bridge='${bridge}'/>${plugged ? `\n      <target dev='${tap}'/>` : ''}
      <model type='virtio'/>${plugged ? "\n      <alias name='net0'/>" : ''}
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </interface>
  </devices>
</domain>
`;
}
