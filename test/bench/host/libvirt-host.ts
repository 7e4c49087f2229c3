// A host with a libvirtd of its own, on which virsh is timed. Its guests are emulated and halt at once, so that what a start
// costs is libvirt's own work, the start of qemu, and the hook.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makePaths } from '../../../src/store/paths.ts';
import type { Guest } from '../../libvirt/harness/guest.ts';
import { type Host, installProgram, makeHost, makeWire } from '../../libvirt/harness/host.ts';
import { haltingKernel } from '../../libvirt/harness/image.ts';
import { define } from '../../libvirt/harness/lab.ts';
import { configureLibvirtd, startDaemon, stopDaemon } from '../../libvirt/harness/libvirtd.ts';
import { awaitCalls } from '../../support/hook-calls.ts';
import { needsCommand, needsRoot } from '../../support/needs.ts';
import type { Namespaces, Running } from '../../support/netns.ts';
import type { Bench } from '../section.ts';
import { Place } from './place.ts';

/** What libvirt finds in its folder of hooks. `idle`: a file that ends at once. */
export type Hook = 'ours' | 'idle' | 'none';

const config = `
[defaults]
rate = "1mbit"
ceil = "10mbit"
unlisted = "shape"
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
`;

/** Below the host's root. */
export const hookFile = 'etc/libvirt/hooks/qemu.d/50-virt-shaper';

/** @returns why there can be no such host here, and what to do */
export function needsLibvirt(): string | undefined {
  const missing = needsRoot() ?? needsCommand('libvirtd', 'virsh', 'qemu-system-x86_64');
  return (
    missing && `${missing.replace(/ \(.*/, '')} (as root: npm run bench -- virsh restart, which installs it)`
  );
}

export class LibvirtHost {
  private constructor(
    readonly host: Host,
    private readonly place: Place,
    private daemon: Running,
  ) {}

  /** @param number from 2 on, unlike any other host's; the first one makes the wire */
  static async make(bench: Bench, spaces: Namespaces, number: number, hook: Hook): Promise<LibvirtHost> {
    const scratch = '/run/virt-shaper-libvirt';
    mkdirSync(scratch, { recursive: true });
    if (number === 2) makeWire();
    const host = makeHost(spaces, scratch, hook, number, '/');
    writeFileSync(join(host.root, 'run/guest/halt'), haltingKernel());
    configureLibvirtd(host, number);
    await installHook(bench, host, hook);
    const daemon = await startDaemon(host, 'libvirtd');
    return new LibvirtHost(host, Place.at(host.space), daemon);
  }

  async define(guests: Guest[]): Promise<void> {
    for (const guest of guests) await define(this.host, guest, { idle: true });
  }

  /** @returns seconds until virsh has ended, as whoever types it waits */
  async virsh(...words: string[]): Promise<number> {
    const args = [this.host.root, 'virsh', '--quiet', '--connect', 'qemu:///system', ...words];
    return (await this.place.run('chroot', args)).seconds;
  }

  /** Until nothing is left of what libvirt does not wait for. */
  settle(): void {
    const { hookCalls } = makePaths({ root: this.host.root });
    awaitCalls(hookCalls);
  }

  /** @param meanwhile what is changed before the daemon begins again @returns seconds from then until `untilDone` */
  async restart(meanwhile: () => void, untilDone: () => Promise<unknown>): Promise<number> {
    await stopDaemon(this.daemon, 'SIGTERM');
    meanwhile();
    const began = performance.now();
    this.daemon = await startDaemon(this.host, 'libvirtd');
    await untilDone();
    return (performance.now() - began) / 1000;
  }
}

async function installHook(bench: Bench, host: Host, hook: Hook): Promise<void> {
  if (hook === 'idle') {
    mkdirSync(dirname(join(host.root, hookFile)), { recursive: true });
    writeFileSync(join(host.root, hookFile), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  }
  if (hook !== 'ours') return;
  installProgram(host, dirname(dirname(bench.program)));
  mkdirSync(join(host.root, 'etc/virt-shaper'), { recursive: true });
  writeFileSync(join(host.root, 'etc/virt-shaper/config.toml'), config);
  await host.run('virt-shaper', ['hooks', 'install']);
  await host.run('virt-shaper', ['apply']);
}
