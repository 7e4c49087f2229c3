// Taps that had an empty clsact qdisc before virt-shaper put its filter there. From then on the kernel shows no difference
// from a clsact that we added, so the tap's name is stored until the tap is gone: unload must leave that clsact in place.

import { emptyState, type KernelState, type State } from '../kernel/objects.ts';
import { readCache, writeIfChanged } from '../system/files.ts';

/**
 * Adds the stored taps to `kernel.sharedTaps`, and stores those whose empty clsact `wanted` is about to use.
 * @param file names of taps, one a line, in /run
 * @param loaded the state loaded last: a clsact that it put there is ours, also where somebody has taken our filter out of it
 */
export function keepForeignTaps(
  file: string,
  kernel: KernelState,
  wanted: State,
  loaded: State = emptyState(),
): void {
  const has = (state: State, kind: string) =>
    new Set([...state.objects.values()].filter((object) => object.kind === kind).map(({ device }) => device));
  const clsact = has(kernel, 'clsact');
  const used = has(kernel, 'filter');
  const ours = has(loaded, 'clsact');
  const known = (readCache(file) ?? '').split('\n').filter((tap) => clsact.has(tap));
  const found = [...has(wanted, 'clsact')].filter(
    (tap) => clsact.has(tap) && !used.has(tap) && !ours.has(tap) && !kernel.unfinished.has(tap),
  );
  const taps = [...new Set([...known, ...found])].sort();
  if (taps.length > 0 || readCache(file) !== undefined) {
    writeIfChanged(file, taps.map((tap) => `${tap}\n`).join(''), 0o600);
  }
  for (const tap of taps) kernel.sharedTaps.add(tap);
}
