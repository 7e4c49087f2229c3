// A guest of the tests: emulated, small, without a disk unless one is asked for. Its number decides everything
// else about it, so its name may be anything. Addresses follow from MACs, see init.sh.
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Host } from './host.ts';
import { waitFor } from './wait.ts';

export interface Guest {
  name: string;
  /** 1 to 200, unlike any other guest's. */
  number: number;
}

export interface Extras {
  /** Bridges, or `network:NAME`; one NIC each. */
  nics?: string[];
  /** A qcow2 file on the host. */
  disk?: string;
  /** Halts at once: costs no time, and answers nothing. */
  idle?: boolean;
}

export function uuidOf({ number }: Guest): string {
  return `5d0c1e5e-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function addressOf({ number }: Guest, network = 0): string {
  return `10.77.${network}.${number}`;
}

/** @param network 0, or 1 for a NIC with an address in the wire's second network */
export function macOf({ number }: Guest, network = 0): string {
  return `52:54:00:77:0${network}:${number.toString(16).padStart(2, '0')}`;
}

export function domainXml(guest: Guest, { nics = ['br0'], disk, idle }: Extras = {}): string {
  const { name, number } = guest;
  const linux = `<kernel>/run/guest/vmlinuz</kernel><initrd>/run/guest/initramfs</initrd>
    <cmdline>console=ttyS0 quiet mitigations=off panic=1 no_timer_check</cmdline>`;
  const diskXml = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
      <source file='${disk}'/><target dev='vda' bus='virtio'/></disk>`;
  return `<domain type='qemu'>
  <name>${escapeXml(name)}</name>
  <uuid>${uuidOf(guest)}</uuid>
  <memory unit='MiB'>${idle ? 16 : 128}</memory>
  <vcpu>1</vcpu>
  <cpu mode='maximum'/>
  <os><type arch='x86_64' machine='q35'>hvm</type>${idle ? '<kernel>/run/guest/halt</kernel>' : linux}</os>
  <features><acpi/></features>
  <on_reboot>restart</on_reboot>
  <devices>
    <controller type='pci' index='0' model='pcie-root'/>
    ${"<controller type='pci' model='pcie-root-port'/>".repeat(6)}
    ${nics.map((nic, network) => nicXml(guest, nic, network)).join('\n    ')}
    ${disk ? diskXml : ''}
    <serial type='file'><source path='/run/guest/${number}.console'/></serial>
    <serial type='unix'><source mode='bind' path='/run/guest/${number}.agent'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
`;
}

/** @param network of its address */
export function nicXml(guest: Guest, nic: string, network = 0): string {
  const [bridge, name] = nic.split(':');
  const source = name === undefined ? `bridge='${bridge}'` : `network='${name}'`;
  return `<interface type='${name === undefined ? 'bridge' : 'network'}'>
      <mac address='${macOf(guest, network)}'/><source ${source}/><model type='virtio'/><rom enabled='no'/>
    </interface>`;
}

/** Of a guest that cannot be had on this machine, whatever virt-shaper does. */
export class NoGuests extends Error {}

/** Until it has booted and answers by that address. @throws NoGuests where none does on this machine */
export async function untilUp(
  { noGuests }: Pick<Host, 'noGuests'>,
  guest: Guest,
  network = 0,
): Promise<void> {
  if (noGuests !== undefined) throw new NoGuests(noGuests);
  await waitFor(`${guest.name} answers at ${addressOf(guest, network)}`, 90, () =>
    answers(addressOf(guest, network), 5204),
  );
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: 3000 });
    const end = (result: boolean) => {
      socket.destroy();
      done(result);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

/**
 * Runs a command line inside the guest, by its serial port.
 * @param patience seconds to wait for its end
 * @returns what it printed. @throws when it has not ended by then
 */
export async function inside(host: Host, guest: Guest, command: string, patience = 30): Promise<string> {
  const socket = connect(join(host.root, `run/guest/${guest.number}.agent`));
  try {
    socket.setEncoding('utf8');
    let answer = '';
    socket.on('data', (text: string) => {
      answer += text;
    });
    await once(socket, 'connect');
    socket.write(`${command}\n`);
    await waitFor(`${guest.name} answers to ${command}`, patience, () => /@\d+@\r?\n$/.test(answer));
    return answer.replace(/@\d+@\r?\n$/, '');
  } finally {
    socket.destroy();
  }
}

function escapeXml(text: string): string {
  return text.replace(/[&<>'"\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
