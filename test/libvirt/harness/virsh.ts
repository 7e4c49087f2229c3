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
  const names = lines(await virsh(host, 'list', ...which, '--name'));
  const uuids = lines(await virsh(host, 'list', ...which, '--uuid'));
  if (names.length !== uuids.length) return list(host, ...which); // One came or went in between.
  return names.map((name, i) => ({ name, uuid: uuids[i] ?? '' }));
}

/** A guest's taps, and the bridge that libvirt says each is in. */
export async function tapsOf(host: Host, uuid: string): Promise<{ tap: string; bridge: string }[]> {
  const devices = /<devices>[\s\S]*<\/devices>/.exec(await virsh(host, 'dumpxml', uuid))?.[0] ?? '';
  return [...devices.matchAll(/<interface [\s\S]*?<\/interface>/g)].map(([nic]) => ({
    tap: /<target dev='([^']*)'/.exec(nic)?.[1] ?? '',
    bridge: /<source [^>]*bridge='([^']*)'/.exec(nic)?.[1] ?? '',
  }));
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
