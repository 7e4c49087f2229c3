// What a guest's start or end changes, found from the rules in force and the new ones by their text alone: a thousand
// guests' lines that are the same need not be understood. Only what comes, goes and gets other rates in its place is a
// small change; for all else the kernel is read (load.ts), which is always right.

import { emptyState, type KernelState, kernelWith, type State, type TcObject } from '../kernel/objects.ts';
import type { Rules } from '../render/render.ts';
import { compare } from './compare.ts';
import type { Difference } from './difference.ts';
import { readLine } from './parse-rules.ts';
import { nftCommands } from './table.ts';

export interface SmallChange {
  differences: Difference[];
  /** Of the objects that differ only, and the whole ruleset. */
  from: KernelState;
  to: State;
  /** What nft is given to get there, and fails where it cannot; empty where the table need not change. */
  commands: string;
}

/** @returns nothing where it is no small change; where nothing differs it is one */
export function findSmallChange(good: Rules, rules: Rules): SmallChange | undefined {
  const whole = ['devices.ip', 'settings.sysctl'] as const;
  if (whole.some((name) => good[name] !== rules[name])) return undefined;
  const commands = nftCommands(good['ruleset.nft'], rules['ruleset.nft']);
  const shape = apart(good['shape.tc'].split('\n'), rules['shape.tc'].split('\n'));
  const [gone, come] = [readObjects(shape.gone), readObjects(shape.come)];
  if (commands === undefined || !gone || !come || !areSmall(gone, come)) return undefined;
  const from = kernelWith({ ...emptyState(good['ruleset.nft']), objects: gone });
  const to = { ...emptyState(rules['ruleset.nft']), objects: come };
  const differences = compare(from, to, true).filter(({ kind }) => kind !== 'table' || commands !== '');
  return differences.every(isSmall) ? { differences, from, to, commands } : undefined;
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

/** What stays is in its place, and whose it was. */
function areSmall(gone: Map<string, TcObject>, come: Map<string, TcObject>): boolean {
  const stays = (wanted: TcObject) => {
    const held = gone.get(wanted.key);
    return !held || (held.parent === wanted.parent && held.subject === wanted.subject);
  };
  return (
    [...gone.values(), ...come.values()].every(({ kind }) => guests.includes(kind)) &&
    [...come.values()].every(stays)
  );
}

/** A queue may have to be made anew, a filter's guest has another mark; both go with what they are on, or are none. */
function isSmall({ kind, action }: Difference): boolean {
  if (action === 'add') return true;
  if (action === 'change') return kind === 'class' || kind === 'table';
  return action === 'remove' && (kind === 'class' || kind === 'clsact');
}
