// What a guest's start or end changes, found from the rules in force and the new ones by their text alone: a thousand
// guests' lines that are the same need not be understood. Only what comes, goes and gets other rates in its place is a
// small change; for all else there is the whole way (load.ts), which is always right.

import type { State, TcObject } from '../kernel/objects.ts';
import { differingOptions } from '../kernel/tc/values.ts';
import type { Rules } from '../render/render.ts';
import type { Difference } from './compare.ts';
import { readLine } from './parse-rules.ts';
import { nftCommands } from './table.ts';

export interface SmallChange {
  differences: Difference[];
  /** Of the objects that differ only. `ruleset` is what nft is given to get there, and fails where it cannot. */
  from: State;
  to: State;
}

/** @returns nothing where it is no small change; where nothing differs it is one */
export function findSmallChange(good: Rules, rules: Rules): SmallChange | undefined {
  const whole = ['devices.ip', 'settings.sysctl'] as const;
  if (whole.some((name) => good[name] !== rules[name])) return undefined;
  const table = nftCommands(good['ruleset.nft'], rules['ruleset.nft']);
  const shape = apart(good['shape.tc'].split('\n'), rules['shape.tc'].split('\n'));
  const [from, to] = [readObjects(shape.gone), readObjects(shape.come)];
  if (table === undefined || !from || !to) return undefined;
  const differences = compareObjects(from, to);
  if (!differences) return undefined;
  const devices = new Map();
  const settings = new Map();
  const moved: Difference = {
    effect: 'structure',
    action: 'change',
    kind: 'table',
    device: 'bridge',
    reason: 'it is of another policy',
  };
  return {
    differences: table === '' ? differences : [...differences, moved],
    from: { devices, settings, objects: from, ruleset: '' },
    to: { devices, settings, objects: to, ruleset: table },
  };
}

/** The words that are in one list only, in its order. */
function apart(from: string[], to: string[]): { gone: string[]; come: string[] } {
  const [former, next] = [new Set(from), new Set(to)];
  return { gone: from.filter((text) => !next.has(text)), come: to.filter((text) => !former.has(text)) };
}

/** @returns nothing for a line that cannot be understood, or two that make the same */
function readObjects(lines: string[]): Map<string, TcObject> | undefined {
  const objects = new Map<string, TcObject>();
  for (const line of lines) {
    const object = readLine(line);
    if (object === 'nothing') continue;
    if (typeof object === 'string' || objects.has(object.key)) return undefined;
    objects.set(object.key, object);
  }
  return objects;
}

/** Kinds that a guest brings along. A root is a whole tree, a detour nobody's policy. */
const guests = ['class', 'leaf', 'clsact', 'filter'];

function compareObjects(from: Map<string, TcObject>, to: Map<string, TcObject>): Difference[] | undefined {
  const list: Difference[] = [];
  for (const wanted of to.values()) {
    const { kind, device, key } = wanted;
    if (!guests.includes(kind)) return undefined;
    const held = from.get(key);
    if (!held) {
      list.push({ effect: 'structure', action: 'add', kind, device, wanted, reason: 'a guest needs it' });
    } else if (held.parent !== wanted.parent || ownerOf(held) !== ownerOf(wanted)) {
      return undefined;
    } else if (differingOptions(wanted, held).length > 0) {
      // A queue may have to be made anew, a filter's guest has another mark.
      if (kind !== 'class') return undefined;
      list.push({
        effect: 'rates',
        action: 'change',
        kind,
        device,
        held,
        wanted,
        reason: 'other guests run',
      });
    }
  }
  const gone = [...from.values()].filter(({ key }) => !to.has(key)).reverse();
  for (const held of gone) {
    const { kind, device, id } = held;
    if (!guests.includes(kind)) return undefined;
    const goesBy =
      kind === 'leaf' ? `${device} class ${id}` : kind === 'filter' ? `${device} clsact` : undefined;
    if (goesBy !== undefined) {
      if (!from.has(goesBy) || to.has(goesBy)) return undefined;
      continue;
    }
    list.push({ effect: 'structure', action: 'remove', kind, device, held, reason: 'nothing asks for it' });
  }
  return list;
}

/** Of an object whose line may say what was configured for it. */
function ownerOf({ subject }: TcObject): string | undefined {
  return subject?.replace(/, configured [\w.]+$/, '');
}
