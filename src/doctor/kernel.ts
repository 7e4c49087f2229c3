// What this kernel can do, one line for each part, and what was chosen where there is a choice. Distributions'
// kernels have all of it; where something is missing it is nearly always a package of modules.
import type { LeafKind } from '../config/leaf.ts';
import type { Kernel } from '../host/host.ts';
import { noRedirect } from '../host/kernel.ts';
import type { Attempt, Finding } from './finding.ts';

export interface KernelFacts {
  release: string;
  /** Whether the modules of the kernel that runs are on the disk; absent on a kernel without modules. */
  modulesThere?: boolean;
  /** Modules that it has not, of those that are tried out (host/kernel.ts). */
  lacking: Attempt<Set<string>>;
  /** What is chosen by that. */
  chosen: Attempt<Kernel>;
  /** What was chosen when this was first tried out, as kept in /run. */
  kept?: Kernel;
  /** The file that keeps it. */
  cache: string;
  /** The one tool that shows programs of tcx. */
  hasBpftool: boolean;
  /** What nft said to a small table like ours, when it did not take it. */
  bridgeTable: Attempt<string | undefined>;
}

/** What nothing can stand in for: module -> what it is for. */
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

/** No warning: hardly any host has one, and a host that has may well do without the tool. */
function checkTcx({ release, hasBpftool }: KernelFacts): Finding[] {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 6)) return [];
  const about = { check: 'kernel.tcx', level: 'ok', subject: 'tcx' } as const;
  if (hasBpftool) return [{ ...about, detail: 'its programs, which come before tc, are seen by bpftool' }];
  const detail = 'its programs, which come before tc, are not seen: bpftool is not installed';
  const note = 'install it where Cilium or the like is at work: what they take from a guest is told then';
  return [{ ...about, detail, note }];
}

/** What was kept in /run counts until the next boot, also when modules have been installed since. */
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
