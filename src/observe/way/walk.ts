// Traces a frame through all chains after our marking: its final mark and priority, and the rules that changed them. Conditions on
// anything but its ports and mark count as possible.

import type { NftChain, NftTable } from '../../kernel/nft/listing.ts';
import { isOurs } from '../../kernel/nft/listing.ts';
import type { Frame, Match } from './frame.ts';
import type { Begin, Passage, RuleEffect, Stage } from './passage.ts';
import { applyRule, mayChange } from './rule.ts';

interface State extends Passage {
  bridge: string;
  entries: string[];
}

/** The jump depth that nft allows. */
const deepest = 16;

/** Finds the base chains of each stage once, since they are the same for all guests. */
export function makeWalk(tables: NftTable[]) {
  const bases = tables.flatMap((table) =>
    [...table.chains.values()].flatMap((chain) => (chain.hook ? [{ table, chain, hook: chain.hook }] : [])),
  );
  const byHook = new Map<string, typeof bases>();
  for (const base of bases) {
    const key = `${base.table.family} ${base.hook.hook}`;
    byHook.set(key, [...(byHook.get(key) ?? []), base]);
  }
  // On most hosts all tables only accept or drop, so nothing has to be traced.
  const busy = new Set(
    tables.filter(({ chains }) => [...chains.values()].some(({ rules }) => rules.some(mayChange))),
  );
  const chainsAt = ({ families, hook, device, after = -Infinity, before = Infinity }: Stage) =>
    families
      .flatMap((family) => byHook.get(`${family} ${hook}`) ?? [])
      .filter((base) => device === undefined || base.hook.devices.includes(device))
      .filter(({ hook: { priority }, table }) => {
        if (isOurs(table)) return true;
        const isBehind = table.later ? priority > after : priority >= after;
        return isBehind && (table.later ? priority <= before : priority < before);
      })
      // Among chains of equal priority, the one created last runs first.
      .sort((a, b) => a.hook.priority - b.hook.priority || bases.indexOf(b) - bases.indexOf(a));

  return {
    /** Whether any table may affect a frame. */
    isAnyBusy: busy.size > 0,
    /** Whether any such table is in one of these families. */
    hasFamily: (families: string[]) => [...busy].some(({ family }) => families.includes(family)),
    /** Whether one of these stages has a chain of a table that may affect a frame. */
    isBusy: (stages: Stage[]) => stages.some((stage) => chainsAt(stage).some(({ table }) => busy.has(table))),
    pass: (stages: Stage[], begin: Begin): Passage => {
      const state: State = { ...begin, dropped: false, changes: [] };
      for (const stage of stages) {
        for (const { table, chain } of chainsAt(stage)) {
          if (!isOfIp(table) || (stage.routed && table.family === 'inet')) {
            const ended = walk(table, chain, state, stage, 'yes', 0);
            const isDropped = ended === 'drop' || (ended === 'return' && isOurs(table) && chain.hook?.drops);
            if (isDropped && isOurs(table)) state.byUs = true;
            state.dropped ||= isDropped === true;
            continue;
          }
          // Frames that are not IP skip this stage unchanged.
          const own: State = { ...state, changes: [] };
          if (walk(table, chain, own, stage, 'yes', 0) === 'drop') continue;
          const left = own.changes.filter(
            ({ what, match }) =>
              match === 'maybe' ||
              what === 'way' ||
              what === 'flow' ||
              own[what] === undefined ||
              own[what] !== state[what],
          );
          state.changes.push(...left.map((one): RuleEffect => ({ ...one, match: 'maybe' })));
        }
        if (state.dropped) break;
      }
      return state;
    },
  };
}

function isOfIp({ family }: NftTable): boolean {
  return family !== 'bridge' && family !== 'netdev';
}

/** @returns the verdict, as far as it is certain */
function walk(
  table: NftTable,
  chain: NftChain,
  state: State,
  stage: Stage,
  given: Match,
  depth: number,
): 'accept' | 'drop' | 'return' {
  if (depth > deepest) return 'return';
  for (const words of chain.rules) {
    const frame: Frame = {
      iifname: stage.iifname,
      oifname: stage.oifname,
      bridge: state.bridge,
      mark: state.mark,
      priority: state.priority,
    };
    for (const deed of applyRule(words, table, frame)) {
      const match = deed.match === 'yes' ? given : 'maybe';
      if (deed.kind === 'verdict') {
        const ended = follow(deed.verdict, deed.match, table, state, stage, given, depth);
        if (ended) return ended;
      } else if (deed.kind === 'forward') {
        note(state, table, chain, 'way', match, deed.to);
        if (match === 'yes') return 'drop';
      } else if (deed.kind === 'flow') {
        const devices = table.flowtables.get(deed.to) ?? [];
        if (state.entries.some((device) => devices.includes(device))) {
          note(state, table, chain, 'flow', 'maybe', deed.to);
        }
      } else change(state, table, chain, stage, deed.kind, deed.value, match);
    }
  }
  return 'return';
}

function follow(
  verdict: string,
  match: Match,
  table: NftTable,
  state: State,
  stage: Stage,
  given: Match,
  depth: number,
): 'accept' | 'drop' | 'return' | undefined {
  const [word = '', target = ''] = verdict.split(' ');
  const isSure = match === 'yes';
  if (word === 'jump' || word === 'goto') {
    const chain = table.chains.get(target);
    const ended = chain && walk(table, chain, state, stage, isSure ? given : 'maybe', depth + 1);
    if (!isSure) return undefined;
    return word === 'goto' ? (ended ?? 'return') : ended === 'return' ? undefined : ended;
  }
  if (!isSure) return undefined;
  return word === 'accept' || word === 'drop' || word === 'return' ? word : undefined;
}

function change(
  state: State,
  table: NftTable,
  chain: NftChain,
  { byMark }: Stage,
  what: 'mark' | 'priority',
  value: number | string | undefined,
  match: Match,
): void {
  if (match === 'yes') {
    const isSame = value !== undefined && value === state[what];
    // Earlier possible values are overwritten; a rule that set the same value still counts as its cause.
    const isFound = byMark && what === 'mark' && isOurs(table);
    state.changes = state.changes.filter(
      (one) => one.what !== what || isFound || (isSame && one.match === 'yes'),
    );
    if (!isSame) note(state, table, chain, what, match);
    Object.assign(state, { [what]: value });
  } else if (value === undefined || value !== state[what]) note(state, table, chain, what, match);
}

function note(
  state: State,
  table: NftTable,
  chain: NftChain,
  what: RuleEffect['what'],
  match: Match,
  to?: string,
): void {
  const { family, name, tool } = table;
  state.changes.push({
    what,
    where: `chain ${chain.name} of table ${tool ? `${name} of ${tool}` : `${family} ${name}`}`,
    table: name,
    chain: chain.name,
    family,
    shown: tool ? `${tool} -t ${name} -S ${chain.name}` : `nft list chain ${family} ${name} ${chain.name}`,
    ours: isOurs(table),
    match,
    ...(to === undefined ? {} : { to }),
  });
}
