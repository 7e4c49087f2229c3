// Whether SELinux lets libvirt execute a hook. The policy of Fedora and Red Hat (from 40.13 on) allows it only to
// virtnetworkd, and only with a boolean that is off; virtqemud needs our policy module as well. A hook that may not be
// executed fails every start of a guest, so the kernel is asked for the decision of its policy; where it does not answer,
// the boolean counts.
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../store/paths.ts';
import type { Run } from '../system/exec.ts';
import type { Daemon } from './daemon.ts';
import { type ExecObstacle, readText } from './executable.ts';
import type { HookDriver } from './hook-file.ts';

const boolean = 'virt_hooks_unconfined';
const hookType = 'virt_hook_t';
/** The module that allows virtqemud what the boolean allows virtnetworkd, from the package virt-shaper-selinux. */
const module = '/usr/share/selinux/packages/virt_shaper.cil';

/** Driver -> the daemon that runs its hooks, where libvirt has a daemon for each driver. */
const splitDaemon = { qemu: 'virtqemud', lxc: 'virtlxcd', network: 'virtnetworkd' } as const;
/** Daemon -> its SELinux domain. */
const domains: Record<string, string> = {
  libvirtd: 'virtd_t',
  virtqemud: 'virtqemud_t',
  virtlxcd: 'virtd_lxc_t',
  virtnetworkd: 'virtnetworkd_t',
};

/** Whether the host has SELinux, enforcing or permissive. @param sys the host's /sys */
export function hasSelinux(sys: string): boolean {
  return existsSync(join(sys, 'fs/selinux/enforce'));
}

/** @returns `system_u:object_r:virt_hook_t:s0`; undefined where there is no label, or no tool to read it */
async function readLabel(run: Run, file: string): Promise<string | undefined> {
  const answer = await run('stat', ['--format=%C', file], { timeout: 5000 }).catch(() => undefined);
  return answer?.stdout.trim().match(/^\S+:\S+:\S+$/)?.[0];
}

/** @param labels files whose label the hook has, or would get */
export async function whySelinuxRefuses(
  run: Run,
  { sys, selinuxModule, libvirtHooks }: Paths,
  { driver, daemon, labels }: { driver: HookDriver; daemon?: Daemon | undefined; labels: string[] },
  ask = askKernel,
): Promise<ExecObstacle | undefined> {
  const folder = join(sys, 'fs/selinux');
  if (readText(join(folder, 'enforce')).trim() !== '1') return undefined;
  const isOff = readText(join(folder, 'booleans', boolean)).trim()[0] === '0';
  const found = await Promise.all(labels.map((file) => readLabel(run, file)));
  const known = found.flatMap((label) => label ?? []);
  const domain = domainOf(driver, daemon);
  const refused = (known.length > 0 ? known : [`system_u:object_r:${hookType}:s0`]).filter(
    (label) => !(ask(folder, domain, label) ?? !isOff),
  );
  if (refused.length === 0) return undefined;
  const isLabelled = refused.every((label) => label.split(':')[2] === hookType);
  const lacksModule = isLabelled && domain.includes(':virtqemud_t:') && !(isOff && existsSync(selinuxModule));
  const reasons = [
    ...(isLabelled ? [] : [`they have the label ${refused[0]}`]),
    ...(isOff ? [`the boolean ${boolean} is off`] : []),
    ...(lacksModule ? ['the policy leaves virtqemud out'] : []),
  ];
  return {
    why: `SELinux enforces, and does not let ${daemon?.name ?? 'libvirt'} execute hooks: ${reasons.join(', ')}`,
    todo: [
      ...(isLabelled ? [] : [`restorecon -RFv ${libvirtHooks}`]),
      ...(isOff ? [`setsebool -P ${boolean} on`] : []),
      ...(lacksModule
        ? [existsSync(module) ? `semodule -X 200 -i ${module}` : 'dnf install virt-shaper-selinux']
        : []),
    ],
  };
}

/** The domain of the daemon's process, or the one that it would get. */
function domainOf(driver: HookDriver, daemon: Daemon | undefined): string {
  const own = daemon && readText(`/proc/${daemon.pid}/attr/current`).replace(/\0/g, '').trim();
  if (own && /^\S+:\S+:\S+_t:/.test(own)) return own;
  const isSplit = ['/usr/sbin/virtqemud', '/usr/bin/virtqemud'].some((path) => existsSync(path));
  const name = daemon?.name ?? (isSplit ? splitDaemon[driver] : 'libvirtd');
  return `system_u:system_r:${domains[name] ?? 'virtd_t'}:s0`;
}

/**
 * Asks the kernel for an access decision, as compute_av of libselinux does.
 * @returns undefined where the kernel gives none, as for a domain that its policy does not know
 */
function askKernel(folder: string, domain: string, label: string): boolean | undefined {
  const [index, bit] = ['index', 'perms/execute'].map((name) =>
    Number(readText(join(folder, 'class/file', name)) || Number.NaN),
  ) as [number, number];
  if (!(index > 0 && bit > 0)) return undefined;
  try {
    const fd = openSync(join(folder, 'access'), 'r+');
    try {
      writeSync(fd, `${domain} ${label} ${index}`, 0);
      const answer = Buffer.alloc(256);
      return isAllowed(answer.toString('latin1', 0, readSync(fd, answer, 0, answer.length, 0)), bit);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/**
 * @param answer `allowed decided auditallow auditdeny sequence flags`, all hexadecimal but the fifth
 * @param bit the permission's number, from 1
 */
export function isAllowed(answer: string, bit: number): boolean | undefined {
  const match = /^([0-9a-f]+) [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ \d+ ([0-9a-f]+)/.exec(answer);
  if (!match) return undefined;
  const [allowed, flags] = match.slice(1).map((digits) => BigInt(`0x${digits}`)) as [bigint, bigint];
  const isPermissive = (flags & 1n) === 1n;
  return isPermissive || ((allowed >> BigInt(bit - 1)) & 1n) === 1n;
}
