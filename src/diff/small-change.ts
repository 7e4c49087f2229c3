// Finds what a guest's start or end changes by comparing the text of the rules in force with that of the new ones, so that
// the equal lines of a thousand other guests are not parsed. A small change makes and deletes objects of guests and changes
// rates in place; for any other the kernel is read (load.ts), which is always right.

import { emptyState, type KernelState, kernelWith, type State, type TcObject } from '../kernel/objects.ts';
import type { Rules } from '../render/render.ts';
import { apart } from '../text/apart.ts';
import { compare } from './compare.ts';
import type { Difference } from './difference.ts';
import { readLine } from './parse-rules.ts';
import { nftCommands } from './table.ts';

export interface SmallChange {
  differences: Difference[];
  /** States with only the objects that differ, but with the whole ruleset. */
  from: KernelState;
  to: State;
  /** nft's commands for the change, which fail where the table is not as expected; empty where the table stays. */
  commands: string;
}

/** @returns undefined where the change is not small; an empty change is small */
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

/** @returns undefined where a line cannot be parsed, or two lines make the same object */
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

/** Kinds of objects that belong to single guests. A root is a whole tree, and a detour is in no rules. */
const guests = ['class', 'leaf', 'clsact', 'filter'];

/** Whether all objects belong to guests, and those that stay keep their parent and owner. */
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

/**
 * Whether the difference can be part of a small change. A change of a leaf or filter cannot, since it may have to be made
 * again; their removal is none of its own, since they are deleted with their class or clsact.
 */
function isSmall({ kind, action }: Difference): boolean {
  if (action === 'add') return true;
  if (action === 'change') return kind === 'class' || kind === 'table';
  return action === 'remove' && (kind === 'class' || kind === 'clsact');
}
