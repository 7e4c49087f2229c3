// The kernel's differences from what was loaded that are somebody's doing.
import type { KernelState, State } from '../kernel/objects.ts';
import { compare } from './compare.ts';
import type { Difference, Found } from './difference.ts';

/**
 * Where a tree cannot be, since something is in its way or its uplink is gone, a load would take out what belongs to it: that is no
 * drift where it is as it was loaded.
 */
export function driftOf<Of extends Found & { from: KernelState }>(found: Of): Of {
  const { from, to, loaded, list } = found;
  if (!loaded || !list.some((one) => isTable(one) || one.action === 'remove')) return found;
  const isTableAsLoaded = !compare(from, loaded).some(isTable);
  const isAsLoaded = (one: Difference) =>
    isTable(one) ? isTableAsLoaded : one.action === 'remove' && isIn(loaded, one);
  const stays = {
    ...to,
    objects: withHeld(to.objects, loaded.objects, from.objects),
    devices: withHeld(to.devices, loaded.devices, from.devices),
    ruleset: isTableAsLoaded ? loaded.ruleset : to.ruleset,
  };
  return { ...found, to: stays, list: list.filter((one) => !isAsLoaded(one)) };
}

/** @returns `wanted`, and of `loaded` what is held */
function withHeld<One>(
  wanted: Map<string, One>,
  loaded: Map<string, One>,
  held: Map<string, One>,
): Map<string, One> {
  return new Map([...[...loaded].filter(([key]) => held.has(key)), ...wanted]);
}

function isTable({ kind }: Difference): boolean {
  return kind === 'table';
}

function isIn({ objects, devices, settings }: State, { held, ifb, setting }: Difference): boolean {
  if (held) return objects.has(held.key);
  if (ifb) return devices.has(ifb.name);
  return setting !== undefined && [...settings.keys()].some((name) => setting.startsWith(`${name} `));
}
