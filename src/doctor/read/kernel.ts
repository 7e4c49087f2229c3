// The kernel's features are probed by using them in short-lived network namespaces, never read from a list of modules: some
// list of modules, since some are built in and others load when they are asked for.
import { release } from 'node:os';
import { chooseKernel, decodeCache, readLacking } from '../../host/kernel.ts';
import { Failure } from '../../system/errors.ts';
import { hasTool, type Run } from '../../system/exec.ts';
import { isThere, readCache } from '../../system/files.ts';
import { attempt } from '../finding.ts';
import type { KernelFacts } from '../kernel.ts';

/** A small table with what ours needs: a verdict map of interface names, looked up in a bridge's forward hook. */
const table = `table bridge probe {
  chain one { meta mark set 0x1 meta priority set 1:1 comment "sends" ; }
  map pairs { type ifname . ifname : verdict; elements = { "a" . "b" : goto one } ; }
  chain forward { type filter hook forward priority 250; iifname . oifname vmap @pairs ; }
}
`;

/** @param cache the file with the cached choice */
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
  return nft.stderr.trim().split('\n')[0] || `exit status ${nft.status}`;
}
