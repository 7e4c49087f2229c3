// Checks the files of rules.d against each other, and that they touch nothing but our own objects. After a rendering that
// was cut short, or an edit by hand, each line may be valid and the ruleset still lead a guest's frames to a class that is
// missing.

import { readOwners } from '../kernel/nft/owners.ts';
import { given, noTable, parseRuleset, partsOf, targetOf } from '../kernel/nft/table.ts';
import { objectKey, type State } from '../kernel/objects.ts';
import { aliasPrefix } from '../plan/names.ts';
import type { Rules } from '../render/render.ts';
import type { Problem } from '../system/errors.ts';

export function checkRules(rules: Rules, state: State, folder: string): Problem[] {
  return [...checkTables(rules, folder), ...checkLookups(rules, state, folder), ...checkTree(state)];
}

const ours = new Set(noTable.replaceAll(' {}', ' {').trim().split('\n'));

/** The ruleset may define our tables only, since `unload` deletes only these. */
function checkTables(rules: Rules, folder: string): Problem[] {
  const text = rules['ruleset.nft'];
  const lines = text.split('\n');
  const { tables, outside } = parseRuleset(text);
  const foreign = outside.filter((statement) => !ours.has(statement.text.replace(/\{\s*\}$/, '{')));
  const strange = [...tables.keys()].filter((name) => !ours.has(`table ${name} {`));
  const at = strange.map((name) => ({ line: lines.findIndex((line) => line.startsWith(`table ${name} {`)) }));
  return [...foreign, ...at].map(({ line }) =>
    problem(
      `${folder}/ruleset.nft`,
      line,
      lines[line] ?? '',
      'only the table bridge virt-shaper may be changed here',
    ),
  );
}

/** Each pair of ports must lead to a leaf class on the device where its frames are queued. */
function checkLookups(rules: Rules, state: State, folder: string): Problem[] {
  const parents = new Set([...state.objects.values()].map(({ device, parent }) => `${device} ${parent}`));
  const lines = rules['ruleset.nft'].split('\n');
  const owners = readOwners(state.ruleset);
  const ifbs = new Map<string, string[]>();
  for (const { kind, device, values } of state.objects.values()) {
    if (kind === 'filter') ifbs.set(device, [...(ifbs.get(device) ?? []), String(values.to)]);
  }
  const backs = new Map<string, Set<string>>();
  for (const pair of [...owners.values()].flatMap((pairs) => [...pairs])) {
    const [port = '', tap = ''] = pair.split(' . ');
    for (const ifb of ifbs.get(tap) ?? []) backs.set(port, (backs.get(port) ?? new Set()).add(ifb));
  }
  return [...owners].flatMap(([id, pairs]) =>
    [...pairs].flatMap((pair) => {
      const [iif = '', oif = ''] = pair.split(' . ');
      const devices = queuesOn(state, oif, ifbs.get(oif), [...(backs.get(oif) ?? [])]);
      const isLeaf = (device: string) =>
        state.objects.has(objectKey('class', device, id)) && !parents.has(`${device} ${id}`);
      if (devices.some(isLeaf)) return [];
      const index = lineOf(state.ruleset, id, iif, oif);
      const message =
        devices.length > 0
          ? `leads to class ${id}, which shape.tc does not have on ${devices.join(' or ')}`
          : `leads to ${oif}, for which shape.tc has neither a tree nor a filter`;
      return [problem(`${folder}/ruleset.nft`, index, lines[index] ?? '', message)];
    }),
  );
}

/**
 * The line of the element that leads from one port to the other or, where there is none, of that by which frames with the
 * class's mark leave the host. @returns its index; -1 where it is in no map
 */
function lineOf(ruleset: string, id: string, iif: string, oif: string): number {
  let marked = -1;
  for (const { chains, maps } of parseRuleset(ruleset).tables.values()) {
    for (const { elements, lines } of maps.values()) {
      for (const [key, line] of lines) {
        const [first, second = ''] = partsOf(key);
        if (first === iif && second === oif) return line;
        if (first !== oif || !second.startsWith('0x')) continue;
        const value = elements.get(key) ?? '';
        const chain = chains.get(targetOf(value) ?? '');
        if ((chain ? given(chain).class : value) === id) marked = line;
      }
    }
  }
  return marked;
}

/**
 * The devices whose tree may queue what leaves by a port: the port itself where it has a tree, else the ifbs that its
 * filters redirect to. A port with neither is on top of an uplink; that uplink is found by the ifb to which guests' frames
 * that came in by the port are redirected.
 * @param own the ifbs that the port's own filters redirect to
 * @param back the ifbs of those guests
 */
function queuesOn(state: State, port: string, own: string[] = [], back: string[] = []): string[] {
  const hasTree = (device: string) => state.objects.has(objectKey('root', device, ''));
  if (hasTree(port) || own.length > 0) return hasTree(port) ? [port] : own;
  return back.flatMap((ifb) => state.devices.get(ifb)?.alias.slice(aliasPrefix.length) ?? []).filter(hasTree);
}

/** tc makes a class whose parent is missing a root class, and HTB lets frames pass unshaped where its default is missing. */
function checkTree({ objects }: State): Problem[] {
  return [...objects.values()].flatMap(({ kind, device, id, parent, values, place }): Problem[] => {
    const has = (minor: string | number) => objects.has(objectKey('class', device, `${id}${minor}`));
    const hint = 'virt-shaper render writes it anew';
    if (kind === 'root' && !has(Number(values.default).toString(16))) {
      return [
        {
          severity: 'error',
          message: `there is no class ${id}${Number(values.default).toString(16)}, its default`,
          hint,
          ...place,
        },
      ];
    }
    const isBelow = kind === 'class' && parent !== undefined && !parent.endsWith(':');
    if (!isBelow || objects.has(objectKey('class', device, parent))) return [];
    return [{ severity: 'error', message: `there is no class ${parent} on ${device}`, hint, ...place }];
  });
}

function problem(file: string, index: number, text: string, message: string): Problem {
  const at = { file, line: index + 1, column: text.length - text.trimStart().length + 1 };
  return { severity: 'error', at, text, message, hint: 'virt-shaper render writes it anew' };
}
