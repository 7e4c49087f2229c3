// Computes the nft commands that change one ruleset into another, where only chains and elements of guests differ: a start
// then changes a few elements of a thousand guests' table. nft runs all of the commands as one transaction.
import { sameFrame } from '../kernel/nft/same.ts';
import { parseRuleset, type Table } from '../kernel/nft/table.ts';

/**
 * The commands fail where the kernel's table is not `from`: `create` fails for what exists, `delete` for what does not.
 * @returns an empty text where nothing differs; undefined where more differs than elements, and chains that they lead to
 */
export function nftCommands(from: string, to: string): string | undefined {
  if (from === to) return '';
  const [former, next] = [parseRuleset(from), parseRuleset(to)];
  if (next.tables.size === 0 || !sameFrame(former, next)) return undefined;
  const changes = [...next.tables].map(([name, table]) => tableChange(name, former.tables.get(name), table));
  if (changes.includes(undefined)) return undefined;
  // Chains are made before the elements that lead to them, and deleted after these.
  const inOrder = (['chains', 'come', 'go', 'retire'] as const).flatMap((step) =>
    changes.flatMap((change) => change?.[step] ?? []),
  );
  return inOrder.map((command) => `${command}\n`).join('');
}

interface TableChange {
  chains: string[];
  come: string[];
  go: string[];
  retire: string[];
}

function tableChange(name: string, from: Table | undefined, to: Table): TableChange | undefined {
  const change: TableChange = { chains: [], come: [], go: [], retire: [] };
  if (!from) return undefined;
  for (const [chain, { rules }] of to.chains) {
    const former = from.chains.get(chain);
    if (former && former.rules.join('\n') !== rules.join('\n')) return undefined;
    if (former) continue;
    change.chains.push(`create chain ${name} ${chain}`);
    for (const rule of rules) change.chains.push(`add rule ${name} ${chain} ${rule}`);
  }
  for (const chain of from.chains.keys()) {
    if (!to.chains.has(chain)) change.retire.push(`delete chain ${name} ${chain}`);
  }
  for (const [map, { elements }] of to.maps) {
    const former = from.maps.get(map)?.elements ?? new Map<string, string>();
    for (const [key, value] of elements) {
      const was = former.get(key);
      if (was === value) continue;
      if (was !== undefined) return undefined;
      change.come.push(`create element ${name} ${map} { ${key}${value === '' ? '' : ` : ${value}`} }`);
    }
    for (const key of former.keys()) {
      if (!elements.has(key)) change.go.push(`delete element ${name} ${map} { ${key} }`);
    }
  }
  return change;
}
