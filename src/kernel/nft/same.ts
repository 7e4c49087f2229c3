// Compares rulesets with nft's listings. nft may print base chains and types in other words than they were written in, so
// these (the frame) are compared with an earlier listing; chains and elements of guests are printed as they were written.
import { type Ruleset, type Table, targetOf } from './table.ts';

/** Whether two rulesets lead the same frames to the same marks and classes. */
export function sameGuests(a: Ruleset, b: Ruleset): boolean {
  return sameText(guestsOf(a), guestsOf(b));
}

/** Whether two rulesets are equal apart from guests' chains and elements. */
export function sameFrame(a: Ruleset, b: Ruleset): boolean {
  return sameText(frameOf(a), frameOf(b));
}

/** Chains that elements lead to. */
function guestChains({ chains, maps }: Table): Set<string> {
  const led = [...maps.values()].flatMap(({ elements }) => [...elements.values()]);
  return new Set(led.flatMap((value) => targetOf(value) ?? []).filter((name) => chains.has(name)));
}

function guestsOf({ tables }: Ruleset): Map<string, string> {
  const all = new Map<string, string>();
  for (const [table, held] of tables) {
    for (const name of guestChains(held))
      all.set(`${table} ${name}`, held.chains.get(name)?.rules.join('\n') ?? '');
    for (const [name, { elements }] of held.maps)
      for (const [key, value] of elements) all.set(`${table} ${name} ${key}`, value);
  }
  return all;
}

function frameOf({ tables, outside, others }: Ruleset): Map<string, string> {
  const all = new Map<string, string>([
    ...outside.map(({ text }, index) => [`outside ${index}`, text] as const),
    ...others.map(({ text }, index) => [`other ${index}`, text] as const),
  ]);
  for (const [table, held] of tables) {
    const led = guestChains(held);
    for (const [name, { hook = '', rules }] of held.chains)
      if (!led.has(name)) all.set(`${table} chain ${name}`, [hook, ...rules].join('\n'));
    for (const [name, { type }] of held.maps) all.set(`${table} map ${name}`, type);
  }
  return all;
}

function sameText(a: Map<string, string>, b: Map<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
