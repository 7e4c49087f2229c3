// The kernel's features, one finding each, and the choice where there are several. Distribution kernels have all of them;
// a missing one is nearly always in a package of modules that is not installed.
import type { LeafKind } from '../config/leaf.ts';
import type { Kernel } from '../host/host.ts';
import { noRedirect } from '../host/kernel.ts';
import type { Attempt, Finding } from './finding.ts';

export interface KernelFacts {
  release: string;
  /** Whether /lib/modules has the running kernel's modules; absent on a kernel without loadable modules. */
  modulesThere?: boolean;
  /** The missing ones of the features that are probed (host/kernel.ts). */
  lacking: Attempt<Set<string>>;
  /** The choice that follows from `lacking`. */
  chosen: Attempt<Kernel>;
  /** The choice of the first probe since boot, cached in /run. */
  kept?: Kernel;
  /** The cache file. */
  cache: string;
  /** Whether there is bpftool, the only tool that shows tcx programs. */
  hasBpftool: boolean;
  /** nft's error for a small table like ours; absent when it took it. */
  bridgeTable: Attempt<string | undefined>;
}

/** Features without an alternative: module -> what needs it. */
const needed = new Map([
  ['sch_htb', ['htb', 'classes with rate and ceil']],
  ['sch_ingress', ['clsact', "the hook at a tap's egress"]],
  ['act_mirred', ['mirred', "sends a tap's frames to the ifb"]],
  ['ifb', ['ifb', 'the device on which guests receive']],
]);

export function checkKernel(facts: KernelFacts): Finding[] {
  const { release, lacking } = facts;
  const kernel: Finding = { check: 'kernel', level: 'ok', subject: 'kernel', detail: release };
  if ('failed' in lacking) {
    const { failed, hint } = lacking;
    return [{ ...kernel, level: 'problem', detail: `${release}; ${failed}`, ...(hint ? { hint } : {}) }];
  }
  return [
    facts.modulesThere === false ? { ...kernel, level: 'warning', ...modulesGone(release) } : kernel,
    ...[...needed].map(([module, [subject = '', use]]): Finding => {
      const about = { check: `kernel.${subject}`, subject };
      if (!lacking.value.has(module)) return { ...about, level: 'ok', detail: `there (${use})` };
      return {
        ...about,
        level: 'problem',
        detail: `this kernel has no ${module}: ${use}`,
        ...fix(facts, module),
      };
    }),
    checkRedirect(facts, lacking.value),
    checkLeaf(facts, lacking.value),
    checkBridgeTable(facts),
    ...checkTcx(facts),
    ...checkKept(facts),
  ];
}

function checkRedirect(facts: KernelFacts, lacking: Set<string>): Finding {
  const about = { check: 'kernel.redirect', subject: 'redirect' };
  if (!lacking.has('cls_fw')) return { ...about, level: 'ok', detail: 'fw filters (cls_fw)' };
  if (!lacking.has('cls_bpf')) {
    return {
      ...about,
      level: 'ok',
      detail: 'bpf filters, since this kernel has no cls_fw; the same to packets',
    };
  }
  if (!lacking.has('cls_u32_mark')) {
    const detail = 'u32 filters, since this kernel has neither cls_fw nor cls_bpf; the same to packets';
    return { ...about, level: 'ok', detail };
  }
  return { ...about, level: 'problem', detail: noRedirect, ...fix(facts, 'cls_fw') };
}

function checkLeaf(facts: KernelFacts, lacking: Set<string>): Finding {
  const about = { check: 'kernel.leaf', subject: 'leaf' };
  const others = (['cake', 'sfq'] as const).filter((kind) => lacking.has(`sch_${kind}`));
  const note =
    others.length > 0 ? { note: `leaf = "${others.join('" or "')}" gets that, too: not in this kernel` } : {};
  if (!lacking.has('sch_fq_codel')) return { ...about, level: 'ok', detail: 'fq_codel', ...note };
  return {
    ...about,
    level: 'warning',
    detail: `bfifo, since this kernel has no sch_fq_codel: a guest's small flows wait behind its large ones`,
    ...fix(facts, 'sch_fq_codel'),
    ...note,
  };
}

function checkBridgeTable(facts: KernelFacts): Finding {
  const about = { check: 'kernel.bridge-tables', subject: 'nftables' };
  const { bridgeTable } = facts;
  if ('failed' in bridgeTable) return { ...about, level: 'problem', detail: bridgeTable.failed };
  if (bridgeTable.value === undefined) {
    return { ...about, level: 'ok', detail: 'bridge family, verdict maps by pairs of ports' };
  }
  const detail = `a table of the bridge family is refused: ${bridgeTable.value}`;
  return { ...about, level: 'problem', detail, ...fix(facts, 'nf_tables for bridges') };
}

/** A note, not a warning: hardly any host has a tcx program. */
function checkTcx({ release, hasBpftool }: KernelFacts): Finding[] {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 6)) return [];
  const about = { check: 'kernel.tcx', level: 'ok', subject: 'tcx' } as const;
  if (hasBpftool) return [{ ...about, detail: 'its programs, which come before tc, are seen by bpftool' }];
  const detail = 'its programs, which come before tc, are not seen: bpftool is not installed';
  const note = 'install it where Cilium or the like is at work: what they take from a guest is told then';
  return [{ ...about, detail, note }];
}

/** The cached choice is valid until the next boot, even when modules were installed since. */
function checkKept({ kept, chosen, cache }: KernelFacts): Finding[] {
  if (!kept || 'failed' in chosen) return [];
  const { leaf, redirect, lacking } = chosen.value;
  const same = kept.leaf === leaf && kept.redirect === redirect;
  if (same && list(kept.lacking) === list(lacking)) return [];
  return [
    {
      check: 'kernel.kept',
      level: 'warning',
      subject: 'kept',
      detail: same
        ? `still taken to lack ${list(kept.lacking) || 'nothing'}; it lacks ${list(lacking) || 'nothing'} now`
        : `${kept.leaf} and ${kept.redirect} are still used; ${leaf} and ${redirect} would be chosen now`,
      hint: `rm ${cache} && virt-shaper apply`,
    },
  ];
}

function list(kinds: LeafKind[] = []): string {
  return kinds.map((kind) => `sch_${kind}`).join(', ');
}

function fix({ release, modulesThere }: KernelFacts, module: string): { hint: string } {
  if (modulesThere === undefined)
    return { hint: `this kernel loads no modules: boot one that has ${module}` };
  if (modulesThere === false) return { hint: modulesGone(release).hint };
  return {
    hint:
      `it comes with the kernel's modules: linux-modules-extra-${release} on Ubuntu, ` +
      `kernel-modules-extra-${release} on Fedora and RHEL, linux-image without "cloud" on Debian`,
  };
}

function modulesGone(release: string): { detail: string; hint: string } {
  return {
    detail: `${release}, whose modules are not on the disk: what is not loaded by now cannot be`,
    hint: `a newer kernel was installed? then reboot; otherwise install the modules of ${release}`,
  };
}
