// The kernel's features are found out by using them, in network namespaces that are gone at once: never from a
// list of modules, since some are built in and others load when they are asked for.
import { release } from 'node:os';
import { chooseKernel, decodeCache, readLacking } from '../../host/kernel.ts';
import { Failure } from '../../system/errors.ts';
import { hasTool, type Run } from '../../system/exec.ts';
import { readCache } from '../../system/files.ts';
import { attempt } from '../finding.ts';
import type { KernelFacts } from '../kernel.ts';
import { isThere } from './stat.ts';

/** As ours is: a verdict map by pairs of ports, looked up in the forward hook, that leads to a mark and a class. */
const table = `table bridge probe {
  chain one { meta mark set 0x1 meta priority set 1:1 comment "sends" ; }
  map pairs { type ifname . ifname : verdict; elements = { "a" . "b" : goto one } ; }
  chain forward { type filter hook forward priority 250; iifname . oifname vmap @pairs ; }
}
`;

/** @param cache the file that keeps what was chosen */
export async function readKernelFacts(run: Run, cache: string): Promise<KernelFacts> {
  const [lacking, bridgeTable] = await Promise.all([
    attempt(() => readLacking(run)),
    attempt(() => tryBridgeTable(run)),
  ]);
  const chosen = await attempt(() => {
    if ('failed' in lacking) throw new Failure(lacking.failed, lacking.hint);
    return chooseKernel(lacking.value);
  });
  const kept = decodeCache(readCache(cache));
  return {
    release: release(),
    ...(isThere('/proc/modules') ? { modulesThere: isThere(`/lib/modules/${release()}`) } : {}),
    lacking,
    chosen,
    cache,
    bridgeTable,
    hasBpftool: hasTool('bpftool'),
    ...(kept ? { kept } : {}),
  };
}

async function tryBridgeTable(run: Run): Promise<string | undefined> {
  const nft = await run('unshare', ['-n', 'nft', '-f', '-'], { input: table });
  if (nft.status === 0) return undefined;
  const [untried] = nft.stderr.match(/^unshare: .*/m) ?? [];
  if (untried !== undefined) throw new Failure(`cannot be tried out: ${untried}`);
  return nft.stderr.trim().split('\n')[0] ?? `exit status ${nft.status}`;
}
