// What this kernel can do, found out by doing it in a network namespace of its own that is gone at once.
// A kernel does not change while it runs, so the answer is kept in /run.
import { release } from 'node:os';
import { Failure } from '../errors.ts';
import { makeRun } from '../exec.ts';
import { readIfThere, writeWhole } from '../files.ts';
import type { Host } from './host.ts';

type Kernel = Host['kernel'];

/** Each line stands by itself once the ones above it worked; tc names those that did not by number. */
const trials = [
  { needs: 'sch_htb', line: 'qdisc add dev lo root handle 1: htb r2q 1' },
  { needs: 'sch_htb', line: 'class add dev lo parent 1: classid 1:1 htb rate 1mbit quantum 1514' },
  { needs: 'sch_fq_codel', line: 'qdisc add dev lo parent 1:1 handle 2: fq_codel' },
  { needs: 'sch_ingress', line: 'qdisc add dev lo clsact' },
  { needs: 'act_mirred', line: `${filter(2)} u32 match u32 0 0 ${redirect()}` },
  { needs: 'cls_fw', line: `${filter(3)} handle 1 fw ${redirect()}` },
  { needs: 'cls_bpf', line: `${filter(4)} bpf bytecode '1,6 0 0 4294967295' ${redirect()}` },
];

function filter(preference: number): string {
  return `filter add dev lo egress protocol all pref ${preference}`;
}

function redirect(): string {
  return 'action mirred egress redirect dev lo';
}

/** @param cache file that keeps the answer until the next boot */
export async function readKernel(cache: string): Promise<Kernel> {
  const known = decodeCache(readIfThere(cache));
  if (known) return known;
  const kernel = await probe();
  writeWhole(cache, `${JSON.stringify({ release: release(), ...kernel })}\n`);
  return kernel;
}

function decodeCache(text: string | undefined): Kernel | undefined {
  try {
    const { release: of, leaf, redirect: by } = JSON.parse(text ?? '');
    return of === release() && leaf && by ? { leaf, redirect: by } : undefined;
  } catch {
    return undefined; // Not there, or not whole: found out anew.
  }
}

async function probe(): Promise<Kernel> {
  const run = makeRun();
  const batch = `${trials.map((trial) => trial.line).join('\n')}\n`;
  const tc = await run('unshare', ['-n', 'tc', '-force', '-batch', '-'], { input: batch });
  if (tc.stderr.includes('unshare failed')) {
    throw new Failure(
      `this kernel's features cannot be tried out: ${tc.stderr.trim()}`,
      'virt-shaper runs as root, with the right to make a network namespace (CAP_SYS_ADMIN)',
    );
  }
  const failed = [...tc.stderr.matchAll(/Command failed -:(\d+)/g)].map(
    (match) => trials[Number(match[1]) - 1]?.needs,
  );
  const lacks = (module: string) => failed.includes(module);
  for (const module of ['sch_htb', 'sch_ingress', 'act_mirred']) {
    if (lacks(module)) throw new Failure(`this kernel has no ${module}, without which nothing can be shaped`);
  }
  const ifb = await run('unshare', ['-n', 'ip', 'link', 'add', 'ifb-probe', 'type', 'ifb']);
  if (ifb.status !== 0) throw new Failure('this kernel has no ifb, without which nothing can be shaped');
  if (lacks('cls_fw') && lacks('cls_bpf')) {
    throw new Failure('this kernel has neither cls_fw nor cls_bpf to pick the marked packets out with');
  }
  return { leaf: lacks('sch_fq_codel') ? 'bfifo' : 'fq_codel', redirect: lacks('cls_fw') ? 'bpf' : 'fw' };
}
