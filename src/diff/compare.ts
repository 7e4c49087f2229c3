// The state wanted against the kernel's own, object by object, as plain data: what differs, from what to
// what, and why. Nothing is decided here about the order in which it is mended (phases.ts).

import { type Children, childrenIn, isHandedOver, pairsBelow, readOwners } from '../kernel/nft/owners.ts';
import type { IfbDevice, KernelState, State, TcObject } from '../kernel/objects.ts';
import { aliasText } from '../kernel/owner.ts';
import { differingOptions, isFixed } from '../kernel/tc/values.ts';
import { tableName } from '../plan/names.ts';

/**
 * `rates`: numbers of an object that stays, changed in place. `structure`: objects come, go or move.
 */
export type Effect = 'rates' | 'structure';

export type Action =
  | 'add'
  | 'change'
  /** A guest's class to another parent, or an id to another guest: HTB can only make it anew. */
  | 'move'
  /** A queue made anew in the place of one: of another kind, or with what its kind cannot change. */
  | 'replace'
  /** A whole tree: neither its default class nor what is above others can be changed. */
  | 'rebuild'
  | 'remove';

export interface Difference {
  effect: Effect;
  action: Action;
  kind: 'device' | 'table' | 'setting' | TcObject['kind'];
  device: string;
  /** Absent for a device and the table. */
  held?: TcObject;
  wanted?: TcObject;
  ifb?: IfbDevice;
  /** `net.ipv4.fwmark_reflect = 1` */
  setting?: string;
  /** In words. */
  reason: string;
}

/**
 * In the order that loads; what is to go comes last, children before parents.
 * @param ours whether everything that `to` lacks is of our making, as when a failed load is taken back
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
    // By hand it was loaded by nobody, which is no difference.
    const isOurs = held.owner === undefined || held.owner === ifb.owner;
    if (held.up && held.alias === ifb.alias && isOurs) return [];
    const reason = held.up ? `its alias is ${aliasText(held)}` : 'it is down';
    return [{ ...base, action: 'change', reason }];
  });
}

function compareObjects(from: KernelState, to: State): Difference[] {
  let parents: Set<string> | undefined; // Few loads need them, of a thousand guests.
  const isInner = ({ device, id }: TcObject) => {
    parents ??= new Set(
      [...from.objects.values(), ...to.objects.values()].map((o) => `${o.device} ${o.parent}`),
    );
    return parents.has(`${device} ${id}`);
  };
  let children: Record<'from' | 'to', Children> | undefined; // Few loads need them either.
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

const same: Difference[] = [];

function isAsWanted(wanted: TcObject, held: TcObject): boolean {
  const isInPlace = wanted.kind !== 'class' || held.parent === wanted.parent;
  return isInPlace && differingOptions(wanted, held).length === 0;
}

/** What we have set and nobody asks for any more goes back to what it was, unless somebody has changed it since. */
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
      reason: from.loaded ? 'it is of another policy' : 'it is not as it was loaded',
    },
  ];
}

export const noTable = ['bridge', 'inet']
  .map((family) => `table ${family} ${tableName} {}\ndelete table ${family} ${tableName}\n`)
  .join('');

/** A ruleset without guests takes the table away. */
export function makesNoTable(ruleset: string): boolean {
  return !/^\s*chain /m.test(ruleset);
}

/** Filters before the ifb they lead to, children before parents, and a whole tree by its root. */
function surplus(from: KernelState, to: State, ours: boolean): Difference[] {
  const gone = [...from.objects.values()].filter((held) => !to.objects.has(held.key));
  const roots = new Set(gone.filter((held) => held.kind === 'root').map((held) => held.device));
  const classes = new Set(
    gone.filter((held) => held.kind === 'class').map((held) => `${held.device} ${held.id}`),
  );
  const devices = [...from.devices.values()].filter((ifb) => !to.devices.has(ifb.name));
  const names = new Set(devices.map((ifb) => ifb.name));
  // A clsact takes its filters along, in one step: a load killed between two would leave it empty, and so
  // nobody's.
  const isOurs = findOurClsacts(from, ours);
  const clsacts = new Set(
    gone.filter(({ kind, device }) => kind === 'clsact' && isOurs(device)).map(({ device }) => device),
  );
  const order = { filter: 0, detour: 1, clsact: 2, leaf: 3, class: 4, root: 5 };
  const goesBy = ({ kind, device, id }: TcObject) => {
    if (kind === 'filter' || kind === 'detour') return clsacts.has(device);
    if (kind === 'root') return names.has(device);
    if (kind === 'class') return roots.has(device);
    return kind === 'leaf' && (roots.has(device) || classes.has(`${device} ${id}`));
  };
  const reason = 'nothing asks for it';
  const base = { effect: 'structure', action: 'remove', reason } as const;
  return [
    ...gone
      .filter((held) => !goesBy(held))
      .filter((held) => held.kind !== 'clsact' || isOurs(held.device))
      .sort((a, b) => order[a.kind] - order[b.kind] || depth(from, b) - depth(from, a))
      .map((held): Difference => ({ ...base, kind: held.kind, device: held.device, held })),
    ...devices.map((ifb): Difference => ({ ...base, kind: 'device', device: ifb.name, ifb })),
  ];
}

/** An empty clsact may be anybody's, so it stays, unless it is known that we made it. */
function findOurClsacts(from: KernelState, ours: boolean): (device: string) => boolean {
  const filters = [...from.objects.values()].filter(({ kind }) => kind === 'filter' || kind === 'detour');
  const used = new Set(filters.map(({ device }) => device));
  return (device) =>
    !from.sharedTaps.has(device) && (used.has(device) || ours || from.unfinished.has(device));
}

function depth(state: State, object: TcObject): number {
  const parent = state.objects.get(`${object.device} class ${object.parent}`);
  return parent ? depth(state, parent) + 1 : 0;
}
