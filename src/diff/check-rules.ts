// Do the three files belong together, and do they keep to what is ours? A half-written rendering, or an edit
// by hand, can be fine line by line and still lead a guest's frames to a class that is not there.

import { readOwners } from '../kernel/nft/owners.ts';
import { noTable, parseRuleset } from '../kernel/nft/table.ts';
import { keyOf, type State } from '../kernel/objects.ts';
import { aliasPrefix } from '../plan/names.ts';
import type { Rules } from '../render/render.ts';
import type { Problem } from '../system/errors.ts';

export function checkRules(rules: Rules, state: State, folder: string): Problem[] {
  return [...checkTables(rules, folder), ...checkLookups(rules, state, folder), ...checkTree(state)];
}

const ours = new Set(noTable.replaceAll(' {}', ' {').trim().split('\n'));

/** `unload` takes out our table and nothing else, so nothing else may come in by the ruleset. */
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

/** Every pair of ports must lead to a class without others below it, on the device where its frames queue. */
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
        state.objects.has(keyOf('class', device, id)) && !parents.has(`${device} ${id}`);
      if (devices.some(isLeaf)) return [];
      const index = Math.max(
        lines.findIndex((line) => line.includes(`"${iif}" . "${oif}"`)),
        lines.findIndex((line) => line.includes(`"${oif}" . 0x`)),
      );
      const message =
        devices.length > 0
          ? `leads to class ${id}, which shape.tc does not have on ${devices.join(' or ')}`
          : `leads to ${oif}, for which shape.tc has neither a tree nor a filter`;
      return [problem(`${folder}/ruleset.nft`, index, lines[index] ?? '', message)];
    }),
  );
}

/**
 * Where what leaves by a port may queue: in its own tree, or on the ifbs that its filters lead to. A port without
 * either lies on an uplink, whose ifb is one of those by which guests get what comes in by it.
 * @param own the ifbs of the port, @param back those of who receives by it
 */
function queuesOn(state: State, port: string, own: string[] = [], back: string[] = []): string[] {
  const hasTree = (device: string) => state.objects.has(keyOf('root', device, ''));
  if (hasTree(port) || own.length > 0) return hasTree(port) ? [port] : own;
  return back.flatMap((ifb) => state.devices.get(ifb)?.alias.slice(aliasPrefix.length) ?? []).filter(hasTree);
}

/** tc makes a class below one that is not there a root class, and what has no default class goes unshaped. */
function checkTree({ objects }: State): Problem[] {
  return [...objects.values()].flatMap(({ kind, device, id, parent, values, place }): Problem[] => {
    const has = (minor: string | number) => objects.has(keyOf('class', device, `${id}${minor}`));
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
    if (!isBelow || objects.has(keyOf('class', device, parent))) return [];
    return [{ severity: 'error', message: `there is no class ${parent} on ${device}`, hint, ...place }];
  });
}

function problem(file: string, index: number, text: string, message: string): Problem {
  const at = { file, line: index + 1, column: text.length - text.trimStart().length + 1 };
  return { severity: 'error', at, text, message, hint: 'virt-shaper render writes it anew' };
}
