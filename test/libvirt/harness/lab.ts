// Two hosts on one wire, each with libvirt and virt-shaper installed as users install them. All of it is in
// memory and in namespaces of this process: whatever ends it, the kernel takes it down.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Namespaces, Running } from '../../support/netns.ts';
import { domainXml, type Extras, type Guest, untilUp } from './guest.ts';
import { type Host, installProgram, makeHost, makeWire } from './host.ts';
import { buildImage } from './image.ts';
import { configureLibvirtd, startDaemon, stopDaemon } from './libvirtd.ts';
import { mustBeShaped, readObjects } from './shaped.ts';
import { definedGuests, runningGuests, virsh } from './virsh.ts';
import { waitFor } from './wait.ts';

export const mbit = 1_000_000;
/** Low, so that emulated guests on a busy machine can still fill them. */
export const ceil = 10 * mbit;
export const groupCeil = 15 * mbit;
export const friendRate = 5 * mbit;

/** Three friends share; everybody else has the defaults. */
const config = `
[defaults]
rate = "1mbit"
ceil = ${ceil}
unlisted = "shape"

[uplink.eth0]
bridge = "br0"
ceil = "1gbit"

[uplink.eth1]
bridge = "br1"
ceil = "1gbit"

[group.friends]
ceil = ${groupCeil}

[guest."friend-*"]
group = "friends"
rate = ${friendRate}
ceil = ${groupCeil}
`;

export interface LabHost extends Host {
  daemon: Running;
  /** What its kernel held before virt-shaper was called for the first time. */
  untouched: string[];
}

export interface Lab {
  a: LabHost;
  b: LabHost;
}

export async function makeLab(spaces: Namespaces, lower: string): Promise<Lab> {
  const scratch = '/run/virt-shaper-libvirt';
  mkdirSync(scratch, { recursive: true });
  makeWire();
  const image = buildImage(scratch);
  const make = async (name: string, number: number): Promise<LabHost> => {
    const host = makeHost(spaces, scratch, name, number, lower);
    for (const file of Object.values(image)) copyFileSync(file, join(host.root, 'run/guest', basename(file)));
    installProgram(host);
    mkdirSync(join(host.root, 'etc/virt-shaper'), { recursive: true });
    writeFileSync(join(host.root, 'etc/virt-shaper/config.toml'), config);
    configureLibvirtd(host, number);
    return { ...host, untouched: await readObjects(host), daemon: await startDaemon(host, 'libvirtd') };
  };
  const [a, b] = await Promise.all([make('a', 2), make('b', 3)]);
  const noGuests = await tryGuest(b);
  return { a: await withHooks(a, noGuests), b: await withHooks(b, noGuests) };
}

/** @returns why no guest answers on this machine, though nothing is shaped */
async function tryGuest(host: LabHost): Promise<string | undefined> {
  const guest = { name: 'bare', number: 199 };
  try {
    await define(host, guest);
    await virsh(host, 'start', guest.name);
    await untilUp({}, guest);
    return undefined;
  } catch (error) {
    const why = [error instanceof Error ? error.message : String(error), ...consolesOf(host)];
    return `no emulated guest answers on this machine, where nothing is shaped yet: ${why.join('\n')}`;
  } finally {
    for (const verb of ['destroy', 'undefine']) await virsh(host, verb, guest.name).catch(() => {});
    rmSync(join(host.root, `run/guest/${guest.number}.console`), { force: true });
  }
}

/** libvirtd looks for hooks as it begins. */
async function withHooks(host: LabHost, noGuests: string | undefined): Promise<LabHost> {
  await stopDaemon(host.daemon, 'SIGTERM');
  await installHooks(host);
  return { ...host, ...(noGuests ? { noGuests } : {}), daemon: await startDaemon(host, 'libvirtd') };
}

/** As README says, and a second hook beside it that notes what the kernel held when the guest was let run. */
async function installHooks(host: Host): Promise<void> {
  await host.run('virt-shaper', ['hooks', 'install']);
  await host.run('virt-shaper', ['sync']); // What virt-shaper.service does at boot.
  const witness = `#!/bin/sh
printf '%s\\n' "$*" >> /run/calls
if [ "$2" = start ]; then nft list ruleset bridge > /run/at-start; fi
exit 0
`;
  writeFileSync(join(host.root, 'etc/libvirt/hooks/qemu.d/60-witness'), witness, { mode: 0o755 });
}

export async function define(host: Host, guest: Guest, extras?: Extras): Promise<void> {
  const file = join('/run/guest', `${guest.number}.xml`);
  writeFileSync(join(host.root, file), domainXml(guest, extras));
  await virsh(host, 'define', file);
}

export async function restartLibvirtd(
  host: LabHost,
  signal: NodeJS.Signals,
  meanwhile = async () => {},
): Promise<void> {
  await stopDaemon(host.daemon, signal);
  await meanwhile();
  host.daemon = await startDaemon(host, 'libvirtd');
}

/** What the hook had to say so far. */
export function journalOf({ root }: Host): string {
  return readFileSync(join(root, 'run/journal'), 'utf8');
}

/** How far each guest has come that has a console: its last lines. */
export function consolesOf({ root }: Host): string[] {
  const folder = join(root, 'run/guest');
  const names = readdirSync(folder).filter((name) => name.endsWith('.console'));
  return names.map((name) => {
    const lines = readFileSync(join(folder, name), 'latin1').split(/[\r\n]+/);
    return [`console of guest ${name}:`, ...lines.filter((line) => line.trim()).slice(-8)].join('\n    ');
  });
}

/** Whose taps the kernel had marked when libvirt called the last `start`. */
export function markedAtStart({ root }: Host): string {
  return readFileSync(join(root, 'run/at-start'), 'utf8');
}

/** libvirt's calls so far, a line each. */
export function callsOf({ root }: Host): string {
  return readFileSync(join(root, 'run/calls'), 'utf8');
}

export function clearNotes({ root }: Host): void {
  for (const file of ['journal', 'calls', 'at-start']) writeFileSync(join(root, 'run', file), '');
}

/** Every guest gone, and with the last one everything of it. */
export async function clearHost(host: Host): Promise<void> {
  for (const { uuid } of await runningGuests(host)) await virsh(host, 'destroy', uuid);
  for (const { uuid } of await definedGuests(host))
    await virsh(host, 'undefine', '--managed-save', '--snapshots-metadata', uuid);
  await untilShaped(host, 10);
}

/**
 * For what happens after virsh's answer. @param seconds at most
 * @returns seconds it took. @throws with what was wrong at the end
 */
export async function untilShaped(host: Host, seconds: number): Promise<number> {
  let wrong = '';
  const isRight = async () => {
    try {
      await mustBeShaped(host);
      return true;
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error);
      return false;
    }
  };
  return waitFor('exactly the running guests are shaped', seconds, isRight).catch((error: Error) => {
    throw new Error(`${error.message}\n${wrong}`);
  });
}
