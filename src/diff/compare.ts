// Compares the wanted state with the kernel's, object by object. The result is plain data: what differs, from which value to
// which, and why. The order in which the differences are applied is decided in phases.ts.

import { type Children, childrenIn, isHandedOver, pairsBelow, readOwners } from '../kernel/nft/owners.ts';
import { makesNoTable } from '../kernel/nft/table.ts';
import type { KernelState, State, TcObject } from '../kernel/objects.ts';
import { aliasText } from '../kernel/owner.ts';
import { differingOptions, isFixed } from '../kernel/tc/values.ts';
import type { Difference } from './difference.ts';
import { surplus } from './surplus.ts';

/**
 * @param ours whether we have made everything that `to` lacks, as in the rollback of a failed load
 * @returns differences in the order in which a load makes objects; objects to delete come last, children before parents
 */
export function compare(from: KernelState, to: State, ours = false): Difference[] {
  return [
    ...compareDevices(from, to),
    ...compareObjects(from, to),
    ...compareTable(from, to),
    ...compareSettings(from, to),
    ...surplus(from, to, ours),
  ];
}

function compareDevices(from: KernelState, to: State): Difference[] {
  return [...to.devices.values()].flatMap((ifb): Difference[] => {
    const held = from.devices.get(ifb.name);
    const base = { effect: 'structure', kind: 'device', device: ifb.name, ifb } as const;
    if (!held) return [{ ...base, action: 'add', reason: 'it is not there' }];
    // An ifb that was loaded by hand has no owner in its alias, which is no difference.
    const isOurs = held.owner === undefined || held.owner === ifb.owner;
    if (held.up && held.alias === ifb.alias && isOurs && !held.strayed) return [];
    const strange = held.strayed ? 'its group is another' : `its alias is ${aliasText(held)}`;
    const reason = held.up ? strange : 'it is down';
    return [{ ...base, action: 'change', reason }];
  });
}

function compareObjects(from: KernelState, to: State): Difference[] {
  let parents: Set<string> | undefined; // Made lazily: few loads need it, and with a thousand guests it takes long.
  const isInner = ({ device, id }: TcObject) => {
    parents ??= new Set(
      [...from.objects.values(), ...to.objects.values()].map((o) => `${o.device} ${o.parent}`),
    );
    return parents.has(`${device} ${id}`);
  };
  let children: Record<'from' | 'to', Children> | undefined; // Made lazily for the same reason.
  const below = () => {
    children ??= { from: childrenIn(from), to: childrenIn(to) };
    return children;
  };
  const moved = new Set<string>();
  return [...to.objects.values()].flatMap((wanted): Difference[] => {
    const held = from.objects.get(wanted.key);
    if (held && moved.size === 0 && isAsWanted(wanted, held)) return same;
    const { kind, device } = wanted;
    const base = { effect: 'structure', kind, device, wanted } as const;
    if (!held) return [{ ...base, action: 'add', reason: 'it is not there' }];
    const pair = { ...base, held };
    if (kind === 'leaf' && moved.has(`${device} ${wanted.id}`))
      return [{ ...pair, action: 'move', reason: 'it goes with its class' }];
    const options = differingOptions(wanted, held);
    const reason = options
      .map((name) => `${name} is ${held.values[name]}, not ${wanted.values[name]}`)
      .join(', ');
    if (kind === 'root') return options.length > 0 ? [{ ...pair, action: 'rebuild', reason }] : [];
    if (kind === 'class') {
      const elsewhere = held.parent !== wanted.parent;
      const handedOver =
        options.length > 0 &&
        isHandedOver(
          pairsBelow(readOwners(from.ruleset), below().from, held),
          pairsBelow(readOwners(to.ruleset), below().to, wanted),
        );
      const why = elsewhere ? `it is below ${held.parent}` : 'others had it';
      if (isInner(wanted) && (elsewhere || (handedOver && options.includes('ceil')))) {
        return [{ ...pair, action: 'rebuild', reason: why }];
      }
      if (!isInner(wanted) && (elsewhere || handedOver)) {
        moved.add(`${device} ${wanted.id}`);
        return [{ ...pair, action: 'move', reason: why }];
      }
    }
    if (options.length === 0) return [];
    if (kind === 'leaf' && options.some((option) => isFixed(String(held.values.kind), option))) {
      return [{ ...pair, action: 'replace', reason }];
    }
    return [
      {
        ...pair,
        action: 'change',
        effect: kind === 'class' || kind === 'leaf' ? 'rates' : 'structure',
        reason,
      },
    ];
  });
}

/** The reason where nobody knows whether the table was changed; the next load makes it anew. */
export const unrecorded = 'what was loaded into it is not known any more, so it may be as it was';

const same: Difference[] = [];

function isAsWanted(wanted: TcObject, held: TcObject): boolean {
  const isInPlace = wanted.kind !== 'class' || held.parent === wanted.parent;
  return isInPlace && differingOptions(wanted, held).length === 0;
}

/** A setting that we have changed and that no guest needs any more gets its former value back. */
function compareSettings({ settings: now, formerSettings }: KernelState, to: State): Difference[] {
  const base = { effect: 'structure', kind: 'setting' } as const;
  return [...now].flatMap(([name, value]): Difference[] => {
    const wanted = to.settings.get(name);
    const one = { ...base, device: name };
    if (wanted !== undefined)
      return wanted === value
        ? []
        : [
            {
              ...one,
              action: 'change',
              setting: `${name} = ${wanted}`,
              reason: `it is ${value}, not ${wanted}`,
            },
          ];
    const former = formerSettings.get(name);
    if (former === undefined || former === value) return [];
    return [{ ...one, action: 'remove', setting: `${name} = ${former}`, reason: 'no guest needs it' }];
  });
}

function compareTable(from: KernelState, to: State): Difference[] {
  if (from.ruleset === to.ruleset || from.loaded?.ruleset === to.ruleset) return [];
  if (!from.hasTable && makesNoTable(to.ruleset)) return [];
  const base = { effect: 'structure', kind: 'table', device: 'bridge' } as const;
  if (!from.hasTable) return [{ ...base, action: 'add', reason: 'it is not there' }];
  if (makesNoTable(to.ruleset)) return [{ ...base, action: 'remove', reason: 'no guest needs it' }];
  return [
    {
      ...base,
      action: 'change',
      reason: from.loaded
        ? 'it is of another policy'
        : from.isUnrecorded
          ? unrecorded
          : 'it is not as it was loaded',
    },
  ];
}
