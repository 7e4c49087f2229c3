// virsh as a user types it, on a host.
import type { Host } from './host.ts';

/** @returns stdout. @throws when it fails, with what it said */
export function virsh(host: Host, ...args: string[]): Promise<string> {
  return host.run('virsh', ['--quiet', '--connect', 'qemu:///system', ...args], {
    cwd: '/',
    timeout: 120_000,
  });
}

/** A guest as libvirt lists it. Commands are given the UUID, since a name may look like an option. */
export interface Listed {
  name: string;
  uuid: string;
}

export function runningGuests(host: Host): Promise<Listed[]> {
  return list(host);
}

export function definedGuests(host: Host): Promise<Listed[]> {
  return list(host, '--all');
}

async function list(host: Host, ...which: string[]): Promise<Listed[]> {
  const command = ['list', ...which].join(' ');
  for (let tries = 1; tries <= 10; tries++) {
    // A slash is the one printable character that no name has.
    const printed = await virsh(host, `${command} --name; echo /; ${command} --uuid`);
    const [names = [], uuids = []] = printed.split('/').map(lines);
    if (names.length === uuids.length) return names.map((name, i) => ({ name, uuid: uuids[i] ?? '' }));
    // One came or went in between.
  }
  throw new Error('virsh lists other guests by name than by UUID');
}

export interface Nic {
  tap: string;
  /** In which libvirt says it is. */
  bridge: string;
}

/** The NICs of each of these guests, in their order. */
export async function nicsOf(host: Host, ...uuids: string[]): Promise<Nic[][]> {
  if (uuids.length === 0) return [];
  const printed = await virsh(host, uuids.map((uuid) => `dumpxml ${uuid}`).join('; '));
  const domains = [...printed.matchAll(/<domain [\s\S]*?<\/domain>/g)];
  if (domains.length !== uuids.length)
    throw new Error(`virsh describes ${domains.length} of ${uuids.length} guests`);
  return domains.map(([domain]) => nicsIn(domain));
}

function nicsIn(domain: string): Nic[] {
  const devices = /<devices>[\s\S]*<\/devices>/.exec(domain)?.[0] ?? '';
  return [...devices.matchAll(/<interface [\s\S]*?<\/interface>/g)].map(([nic]) => ({
    tap: /<target dev='([^']*)'/.exec(nic)?.[1] ?? '',
    bridge: /<source [^>]*bridge='([^']*)'/.exec(nic)?.[1] ?? '',
  }));
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
