// What is done to our table.
import { spawnSync } from 'node:child_process';
import { type Action, damage, pickNic } from './action.ts';

const table = 'bridge virt-shaper';

interface Element {
  map: string;
  /** As nft takes them. */
  key: string;
  verdict: string;
}

/** Of every map in the table that leads ports to chains. */
function elements(): Element[] {
  const { stdout, status } = spawnSync('nft', ['list', 'table', 'bridge', 'virt-shaper'], {
    encoding: 'utf8',
  });
  if (status !== 0) return [];
  return [...stdout.matchAll(/^\tmap (\S+) \{([\s\S]*?)^\t\}/gm)].flatMap(([, map = '', body = '']) =>
    [...body.matchAll(/("[^"]+"(?: \. [^:,\s]+)*) : ((?:goto|jump) [^\s,]+)/g)].map(
      ([, key = '', verdict = '']) => ({ map, key, verdict }),
    ),
  );
}

export const tableActions: Record<string, Action> = {
  'ruleset flushed': () => damage('nft flush ruleset'),
  'our table deleted': () => damage(`nft delete table ${table}`),
  'senders forgotten': () => damage(`nft flush map ${table} senders`),
  'our table emptied': () => damage(`nft flush table ${table}`),
  'our table dormant': () => damage(`nft -f -`, `table ${table} { flags dormant; }\n`),
  'our map emptied': (_world, random) => {
    const maps = [...new Set(elements().map(({ map }) => map))];
    return maps.length > 0 ? damage(`nft flush map ${table} ${random.pick(maps)}`) : undefined;
  },
  'element deleted': (_world, random) => {
    const all = elements();
    if (all.length === 0) return undefined;
    const { map, key } = random.pick(all);
    return damage(`nft delete element ${table} ${map} '{ ${key} }'`);
  },
  "element leads to another's chain": (_world, random) => {
    const all = elements();
    if (all.length === 0) return undefined;
    const one = random.pick(all);
    const others = all.filter(({ map, verdict }) => map === one.map && verdict !== one.verdict);
    if (others.length === 0) return undefined;
    const { verdict } = random.pick(others);
    return damage(
      'nft -f -',
      `delete element ${table} ${one.map} { ${one.key} }; add element ${table} ${one.map} { ${one.key} : ${verdict} }\n`,
    );
  },
  "a guest's chain emptied": (_world, random) => {
    const chains = [...new Set(elements().map(({ verdict }) => verdict.split(' ')[1] ?? ''))];
    return chains.length > 0 ? damage(`nft flush chain ${table} ${random.pick(chains)}`) : undefined;
  },
  'a rule of theirs in our chain': (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap } = picked.nic;
    return damage(`nft insert rule ${table} forward iifname ${tap} accept`);
  },
};
