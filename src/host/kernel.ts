// Probes the kernel's features by using them in a short-lived network namespace. A kernel does not change while it runs, so the
// result is cached in /run; the cache is trusted, so tests write a choice of their own into it.

import { release } from 'node:os';
import { leafKinds } from '../config/leaf.ts';
import { asRoot } from '../system/as-root.ts';
import { Failure } from '../system/errors.ts';
import { makeRun, type Run } from '../system/exec.ts';
import { readCache, writeUnlocked } from '../system/files.ts';
import type { Kernel } from './host.ts';

/** A tc batch in which each line depends only on those above it; tc reports failed lines by number. */
const trials: { needs: string; line: string; shows?: RegExp }[] = [
  { needs: 'sch_htb', line: 'qdisc add dev lo root handle 1: htb r2q 1' },
  { needs: 'sch_htb', line: 'class add dev lo parent 1: classid 1:1 htb rate 1mbit quantum 1514' },
  { needs: 'sch_fq_codel', line: 'qdisc replace dev lo parent 1:1 handle 2: fq_codel' },
  { needs: 'sch_cake', line: 'qdisc replace dev lo parent 1:1 handle 3: cake unlimited' },
  { needs: 'sch_sfq', line: 'qdisc replace dev lo parent 1:1 handle 4: sfq' },
  { needs: 'sch_ingress', line: 'qdisc add dev lo clsact' },
  { needs: 'act_mirred', line: `${filter(2)} u32 match u32 0 0 ${redirect()}` },
  { needs: 'cls_fw', line: `${filter(3)} handle 1 fw ${redirect()}` },
  { needs: 'cls_bpf', line: `${filter(4)} bpf bytecode '1,6 0 0 4294967295' ${redirect()}` },
  { needs: 'cls_u32_mark', line: `${filter(5)} u32 match mark 0x1 0xffffffff ${redirect()}` },
  // Without CONFIG_CLS_U32_MARK the kernel accepts the filter and drops the mark: it would match every packet.
  { needs: 'cls_u32_mark', line: 'filter show dev lo egress pref 5', shows: /\bmark 0x0*1 0xffffffff/ },
];

function filter(preference: number): string {
  return `filter add dev lo egress protocol all pref ${preference}`;
}

function redirect(): string {
  return 'action mirred egress redirect dev lo';
}

/** @param cache the file with the result, valid until the next boot */
export async function readKernel(cache: string): Promise<Kernel> {
  const known = decodeCache(readCache(cache));
  if (known) return known;
  const kernel = await probe();
  writeUnlocked(cache, `${JSON.stringify({ release: release(), ...kernel })}\n`);
  return kernel;
}

/** The same, without writing the cache, for commands that only read. */
export async function askKernel(cache: string): Promise<Kernel> {
  return decodeCache(readCache(cache)) ?? probe();
}

/** @returns the cached result, if it is the running kernel's */
export function decodeCache(text: string | undefined): Kernel | undefined {
  try {
    const { release: of, leaf, redirect: by, lacking } = JSON.parse(text ?? '');
    // A cache without `lacking` is an older version's.
    return of === release() && leaf && by && Array.isArray(lacking)
      ? { leaf, redirect: by, lacking }
      : undefined;
  } catch {
    return undefined; // Not there, or not whole: found out anew.
  }
}

async function probe(): Promise<Kernel> {
  return chooseKernel(await readLacking());
}

/**
 * @returns the missing ones of the probed modules
 * @throws Failure when nothing can be probed here
 */
export async function readLacking(run: Run = makeRun()): Promise<Set<string>> {
  const batch = `${trials.map((trial) => trial.line).join('\n')}\n`;
  const [tc, ifb] = await Promise.all([
    run('unshare', ['-n', 'tc', '-force', '-batch', '-'], { input: batch }),
    run('unshare', ['-n', 'ip', 'link', 'add', 'ifb-probe', 'type', 'ifb']),
  ]);
  refuseToGuess(tc.stderr);
  refuseToGuess(ifb.stderr);
  const failed = [
    ...[...tc.stderr.matchAll(/Command failed -:(\d+)/g)].map((match) => trials[Number(match[1]) - 1]),
    ...trials.filter(({ shows }) => shows?.test(tc.stdout) === false),
  ].map((trial) => trial?.needs ?? '');
  return new Set([...failed, ...(ifb.status === 0 ? [] : ['ifb'])]);
}

/** Tells an error of unshare's own from a failed probe. */
function refuseToGuess(stderr: string): void {
  const [message] = stderr.match(/^unshare: .*/m) ?? [];
  if (message === undefined) return;
  const missing = /failed to execute/.test(message);
  throw new Failure(
    `this kernel's features cannot be tried out: ${message}`,
    missing
      ? 'install the packages iproute2 and util-linux'
      : `${asRoot()} (it needs the right to make a network namespace, CAP_SYS_ADMIN)`,
  );
}

/** @throws Failure when a feature without an alternative is missing */
export function chooseKernel(lacking: Set<string>): Kernel {
  for (const module of ['sch_htb', 'sch_ingress', 'act_mirred', 'ifb']) {
    if (lacking.has(module)) {
      throw new Failure(
        `this kernel has no ${module}, without which nothing can be shaped`,
        'virt-shaper doctor says what is missing and where it comes from',
      );
    }
  }
  const redirect = redirects.find(([, module]) => !lacking.has(module))?.[0];
  if (!redirect) throw new Failure(noRedirect);
  return {
    leaf: lacking.has('sch_fq_codel') ? 'bfifo' : 'fq_codel',
    redirect,
    lacking: leafKinds.filter((kind) => lacking.has(`sch_${kind}`)),
  };
}

/** In order of cost for each packet, the cheapest first. */
const redirects = [
  ['fw', 'cls_fw'],
  ['bpf', 'cls_bpf'],
  ['u32', 'cls_u32_mark'],
] as const;

export const noRedirect =
  'this kernel has neither cls_fw nor cls_bpf nor marks in cls_u32 to pick the marked packets out with';
