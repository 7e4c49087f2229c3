// Where figures were measured. The load of the machine is told too: what else ran meanwhile is in every figure.
import { execFileSync } from 'node:child_process';
import { arch, cpus, loadavg, release } from 'node:os';

export interface Machine {
  cpu: string;
  kernel: string;
  nft: string;
  iproute2: string;
  node: string;
  /** Of virt-shaper; `+` where the checkout was changed since. */
  commit: string;
  date: string;
  /** Processes that wanted to run, over the last minute, when the benchmark began. */
  load: number;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: `${all.length} x ${all[0]?.model.trim() || arch()}`,
    kernel: release(),
    nft: version('nft', ['--version'], /v(\S+)/),
    iproute2: version('tc', ['-V'], /iproute2-([\w.]+)/),
    node: process.versions.node,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

/** One line, the same for all that was measured under the same conditions. */
export function machineLine({ cpu, kernel, nft, iproute2, node }: Machine): string {
  return `${cpu}, Linux ${kernel}, nft ${nft}, iproute2 ${iproute2}, Node.js ${node}`;
}

function version(command: string, args: string[], pattern: RegExp): string {
  return pattern.exec(output(command, args))?.[1] ?? 'unknown';
}

function commit(): string {
  const head = output('git', ['rev-parse', '--short=10', 'HEAD']).trim();
  if (!head) return 'unknown';
  return output('git', ['status', '--porcelain', '--', 'src', 'templates', 'package.json']).trim()
    ? `${head}+`
    : head;
}

function output(command: string, args: string[]): string {
  try {
    const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
    return execFileSync(command, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
