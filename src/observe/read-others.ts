// Others' objects that affect frames and are not listed by nft or tc: rules of iptables-legacy, BPF programs.
import type { NetworkLink } from '../kernel/link.ts';
import type { NftTable } from '../kernel/nft/listing.ts';
import { parseXtables } from '../kernel/xtables.ts';
import { hasTool, type Run } from '../system/exec.ts';
import { readCache } from '../system/files.ts';
import type { ProgramFacts } from './facts.ts';

export interface Xtables {
  tables: NftTable[];
  /** Tables that exist while the tool that lists their rules is missing: `iptables-legacy (filter, mangle)`. */
  unseen: string[];
}

/** Runs the tool only where the kernel has such tables already, since it would create them. */
export async function readXtables(run: Run): Promise<Xtables> {
  const parts = await Promise.all([readFamily(run, 'ip', 'iptables'), readFamily(run, 'ip6', 'ip6tables')]);
  return { tables: parts.flatMap(({ tables }) => tables), unseen: parts.flatMap(({ unseen }) => unseen) };
}

async function readFamily(run: Run, family: 'ip' | 'ip6', name: string): Promise<Xtables> {
  const names = parseTableNames(readCache(`/proc/net/${family}_tables_names`));
  if (names.length === 0) return { tables: [], unseen: [] };
  const tool = `${name}-legacy`;
  const unseen = { tables: [], unseen: [`${tool} (${names.join(', ')})`] };
  if (!hasTool(`${tool}-save`)) return unseen;
  const { status, stdout } = await run(`${tool}-save`, []);
  return status === 0 ? { tables: parseXtables(stdout, family, tool), unseen: [] } : unseen;
}

/** @param text of /proc/net/ip_tables_names, in which the table that was made last comes first @returns in order of names */
export function parseTableNames(text = ''): string[] {
  return text
    .split('\n')
    .filter((one) => one !== '')
    .sort();
}

/** The programs of tcx and netkit, which only bpftool lists. Failures count as none. */
export async function readPrograms(run: Run): Promise<ProgramFacts[]> {
  return hasTool('bpftool') ? readTcx(run) : [];
}

/** The programs of XDP. */
export function programsOn(links: NetworkLink[]): ProgramFacts[] {
  return links.flatMap(({ name: device, xdp }) =>
    xdp.map(({ where, id }) => ({ device, where, name: `of id ${id}` })),
  );
}

/** Listed by bpftool; the slow listing of all devices runs only where there is a program of that type. */
export async function readTcx(run: Run): Promise<ProgramFacts[]> {
  const ask = async <T>(what: string): Promise<T[]> => {
    const { stdout } = await run('bpftool', ['-j', what, 'show']);
    return JSON.parse(stdout);
  };
  try {
    const programs = await ask<{ type: string }>('prog');
    if (!programs.some(({ type }) => type === 'sched_cls')) return [];
    const nets = await ask<{ tc?: Attached[] }>('net');
    return nets.flatMap(({ tc = [] }) =>
      tc
        .filter(({ kind }) => /^(?:tcx|netkit)\b/.test(kind))
        .map(({ devname, kind, name, prog_id: id }) => ({
          device: devname,
          where: kind.replace('/', '_'),
          name: name ? name : `of id ${id}`,
        })),
    );
  } catch {
    return []; // It needs a capability of its own, which a container may lack.
  }
}

interface Attached {
  devname: string;
  /** The hook: `tcx/egress`; for programs that tc lists, `clsact/egress`. */
  kind: string;
  name?: string;
  prog_id?: number;
}
