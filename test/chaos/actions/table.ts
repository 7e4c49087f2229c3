// What is done to our table.
import { spawnSync } from 'node:child_process';
import { type Action, damage, harmless, pickNic } from './action.ts';

const table = 'bridge virt-shaper';

interface Element {
  map: string;
  /** As nft takes them. */
  key: string;
  verdict: string;
}

interface Block {
  table: string;
  kind: 'chain' | 'map' | 'set';
  name: string;
}

/** Everything in both of our tables. */
function blocks(): Block[] {
  return ['bridge', 'inet'].flatMap((family) => {
    const of = `${family} virt-shaper`;
    const { stdout } = spawnSync('nft', ['list', 'table', family, 'virt-shaper'], { encoding: 'utf8' });
    return [...stdout.matchAll(/^\t(chain|map|set) (\S+) \{/gm)].map(([, kind, name = '']) => ({
      table: of,
      kind: kind as Block['kind'],
      name,
    }));
  });
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
  'anything of ours emptied': (_world, random) => {
    const all = blocks();
    if (all.length === 0) return undefined;
    const { table: of, kind, name } = random.pick(all);
    return damage(`nft flush ${kind} ${of} ${name}`);
  },
  'our inet table deleted': () => damage('nft delete table inet virt-shaper'),
  'our inet table emptied': () => damage('nft flush table inet virt-shaper'),
  'our inet table dormant': () => damage('nft -f -', 'table inet virt-shaper { flags dormant; }\n'),
  'a base chain of ours deleted': (_world, random) => {
    const hooked = blocks().filter(({ name }) =>
      /^(prerouting|forward|input|output|postrouting)$/.test(name),
    );
    if (hooked.length === 0) return undefined;
    const { table: of, name } = random.pick(hooked);
    return damage(`nft delete chain ${of} ${name}`);
  },
  'the ruleset saved and restored': (world) => {
    const file = `${world.root}/saved.nft`;
    // What cannot be loaded again has cost its host every rule: that is our fault, and no damage to be mended.
    return harmless(damage(`nft list ruleset >${file}; nft flush ruleset; nft -f ${file} || :`));
  },
  'a ruleset of the boot restored': (world, random) => {
    const { stdout } = spawnSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
    const former = world.saved;
    if (former === undefined || random.chance(0.3)) world.saved = stdout;
    return former === undefined ? undefined : damage('nft flush ruleset; nft -f - || :', former);
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
