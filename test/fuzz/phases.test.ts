// The lines of tc that lead from one policy to another, played on a model of what the kernel takes: no parent is missing,
// no class goes before those below it, no stand-in takes what another has, no frame is led to a class that is not there,
// and where only numbers change nobody's guarantees sum to more than before or after. Both ways, and back when undone.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../src/diff/compare.ts';
import { parseRules } from '../../src/diff/parse-rules.ts';
import { planPhases } from '../../src/diff/phases.ts';
import { noTable } from '../../src/kernel/nft/table.ts';
import type { KernelState, State } from '../../src/kernel/objects.ts';
import { tcLine } from '../../src/kernel/tc/print.ts';
import { shownRate } from '../../src/kernel/tc/values.ts';
import { type Policy, ports, randomChange, runningGuests, toToml } from '../faults/policy.ts';
import { amount } from '../support/amount.ts';
import { generateFor, makeWorld } from '../support/world.ts';

interface Class {
  parent: string;
  rate: string;
  ceil: string;
  /** Handle of its queue. */
  leaf?: string;
}

interface Device {
  root?: string;
  /** By id. */
  classes: Map<string, Class>;
  clsact: boolean;
  filters: Set<string>;
}

class Model {
  readonly devices = new Map<string, Device>();
  readonly links = new Set<string>();

  constructor({ devices, objects }: State) {
    for (const { name } of devices.values()) this.links.add(name);
    for (const object of objects.values()) this.tc(tcLine('add', object));
  }

  on(device: string): Device {
    const known = this.devices.get(device);
    if (known) return known;
    const made: Device = { classes: new Map(), clsact: false, filters: new Set() };
    this.devices.set(device, made);
    return made;
  }

  ip(line: string): void {
    const [, verb = '', name = ''] = line.match(/^link (add name|set dev|del dev) (\S+)/) ?? [];
    assert.is(this.links.has(name), verb !== 'add name', line);
    if (verb === 'add name') this.links.add(name);
    if (verb === 'del dev') {
      this.links.delete(name);
      this.devices.delete(name);
      for (const [, { filters }] of this.devices)
        for (const one of filters) assert.not(one.endsWith(` ${name}`), `${line}: a filter leads there`);
    }
  }

  tc(line: string): void {
    const word = (name: string) => line.match(new RegExp(` ${name} (\\S+)`))?.[1] ?? '';
    const [what, verb] = line.split(' ');
    const on = this.on(word('dev'));
    const must = (fits: boolean) => assert.ok(fits, line);
    if (what === 'filter') {
      const filter = `${word('pref')} ${word('handle') || word('mark')} ${line.split(' ').at(-1)}`;
      must(on.clsact);
      if (verb === 'add') on.filters.add(filter);
      if (verb === 'add') must(this.links.has(line.split(' ').at(-1) ?? ''));
      if (verb === 'del') {
        const named = [...on.filters].filter((one) => one.startsWith(`${word('pref')} ${word('handle')}`));
        must(named.length > 0);
        for (const one of named) on.filters.delete(one);
      }
      if (verb === 'replace') {
        for (const one of [...on.filters].filter((one) =>
          one.startsWith(`${word('pref')} ${word('handle') || word('mark')} `),
        ))
          on.filters.delete(one);
        on.filters.add(filter);
      }
    } else if (what === 'qdisc' && line.endsWith(' clsact')) {
      must(on.clsact === (verb === 'del'));
      on.clsact = verb === 'add';
      if (verb === 'del') on.filters.clear();
    } else if (what === 'qdisc' && / root\b/.test(line)) {
      must((on.root !== undefined) === (verb === 'del'));
      if (verb === 'add') on.root = word('handle');
      else {
        delete on.root;
        on.classes.clear();
      }
    } else if (what === 'qdisc') {
      const held = on.classes.get(word('parent'));
      if (!held) throw new Error(`${line}: no class there`);
      must((held.leaf === undefined) === (verb === 'add'));
      if (verb === 'del') delete held.leaf;
      if (verb !== 'add') return;
      must(![...on.classes.values()].some(({ leaf }) => leaf === word('handle')));
      must(word('handle') !== on.root && word('handle') !== 'ffff:');
      held.leaf = word('handle');
    } else {
      const id = word('classid');
      const held = on.classes.get(id);
      must((held === undefined) === (verb === 'add'));
      const below = [...on.classes.values()].filter(({ parent }) => parent === id);
      if (verb === 'del') {
        must(below.length === 0);
        on.classes.delete(id);
        return;
      }
      const parent = word('parent');
      must(parent === on.root || on.classes.has(parent));
      if (held) must(held.parent === parent);
      on.classes.set(id, { ...held, parent, rate: word('rate'), ceil: word('ceil') });
    }
  }

  shown(): string[] {
    return [...this.devices]
      .flatMap(([device, { root, classes, clsact, filters }]) => [
        `${device} ${root} ${clsact}`,
        ...[...filters].map((filter) => `${device} filter ${filter}`),
        ...[...classes].map(
          ([id, { parent, rate, ceil, leaf }]) =>
            // As tc shows them: what it cannot tell apart is not changed.
            `${device} ${id} ${parent} ${shownRate(bits(rate))} ${shownRate(bits(ceil))} ${leaf}`,
        ),
      ])
      .filter((text) => !text.endsWith(' undefined false'))
      .sort();
  }

  /** Bits per second that are guaranteed below each class, as tc shows them: what it cannot tell apart is not changed. */
  sums(): Map<string, number> {
    const sums = new Map<string, number>();
    for (const [device, { classes }] of this.devices) {
      for (const { parent, rate } of classes.values())
        sums.set(`${device} ${parent}`, (sums.get(`${device} ${parent}`) ?? 0) + shownRate(bits(rate)));
    }
    return sums;
  }
}

function bits(rate: string): number {
  const [, figure, unit = ''] = rate.match(/^([\d.]+)([kmg]?)bit$/i) ?? [];
  return Number(figure) * ({ k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase()] ?? 1);
}

function stateOf(policy: Policy): State {
  const world = makeWorld(toToml(policy), {}, {});
  for (const [bridge, { uplinks, taps }] of Object.entries(ports)) {
    world.host.devices.set(bridge, { tap: false });
    for (const uplink of uplinks) world.host.devices.set(uplink, { tap: false, master: bridge, speed: 1e9 });
    for (const tap of taps) world.host.devices.set(tap, { tap: true, master: bridge });
  }
  return parseRules(generateFor({ ...world, guests: runningGuests(policy) }).rules, 'rules.d');
}

function kernelOf(state: State): KernelState {
  const hasTable = /^\s*chain /m.test(state.ruleset);
  return {
    ...state,
    ruleset: hasTable ? state.ruleset : noTable,
    ...{
      foreignRoots: new Map(),
      occupiedTaps: new Set(),
      sharedTaps: new Set(),
      formerSettings: new Map(),
      unfinished: new Set(),
    },
    present: new Set([...state.devices.keys()]),
    hasTable,
    ...(hasTable ? { loaded: { ruleset: state.ruleset } } : {}),
  };
}

/** Every class that the ruleset leads a frame to is there where that frame queues, and has no others below it. */
function leadsSomewhere(ruleset: string, { devices }: Model): void {
  const text = ruleset.replace(/#.*/g, '');
  const chains = new Map(
    [...text.matchAll(/chain (\S+) \{\s+meta mark set (\S+) meta priority set (\S+)/g)].map(
      ([, name = '', mark = '', id = '']) => [name, { mark: Number(mark), id }],
    ),
  );
  for (const [, iif, oif = '', chain = ''] of text.matchAll(/"(\S+)" \. "(\S+)" : goto ([\w-]+)/g)) {
    const { mark, id } = chains.get(chain) ?? { mark: 0, id: '' };
    const way = `${iif} . ${oif}: ${id}`;
    const ifbs = [...(devices.get(oif)?.filters ?? [])].flatMap((filter) => {
      const [, wanted, to = ''] = filter.split(' ');
      return Number(wanted) === mark ? [to] : [];
    });
    const queue = id.startsWith('1:') ? [oif] : ifbs;
    assert.ok(queue.length > 0, `${way}: nothing leads to an ifb`);
    for (const device of queue) {
      const held = devices.get(device);
      assert.is(held?.root, `${id.split(':')[0]}:`, `${way}: the tree on ${device}`);
      assert.ok(held?.classes.has(id), `${way} is not on ${device}`);
      const below = [...(held?.classes.values() ?? [])].some(({ parent }) => parent === id);
      assert.not(below, `${way} has others below it on ${device}`);
    }
  }
}

function play(from: State, to: State, ours: boolean): void {
  const kernel = kernelOf(from);
  const found = compare(kernel, to, ours);
  const model = new Model(from);
  const wanted = new Model(to);
  const [before, after] = [model.sums(), wanted.sums()];
  const isRates = found.every(({ effect }) => effect === 'rates');
  const isRebuilt = found.some(({ action }) => action === 'rebuild');
  let ruleset = from.ruleset;
  for (const phase of planPhases(found, kernel, to)) {
    if (phase.name === 'commit') {
      ruleset = phase.ruleset;
      leadsSomewhere(ruleset, model);
      continue;
    }
    for (const { tool, line } of phase.steps) {
      if (tool === 'ip') model.ip(line);
      else model.tc(line);
      if (!isRebuilt) leadsSomewhere(ruleset, model);
      if (!isRates) continue;
      for (const [key, sum] of model.sums()) {
        assert.ok(
          sum <= Math.max(before.get(key) ?? 0, after.get(key) ?? 0),
          `${line}: the guarantees below ${key} sum to ${sum}`,
        );
      }
    }
  }
  assert.equal(model.shown(), wanted.shown());
  assert.equal([...model.links].sort(), [...wanted.links].sort());
}

/** What randomChange hardly ever does. @returns nothing where this policy has nobody to do it to */
const others: Record<string, (policy: Policy) => Policy | undefined> = {
  'all of a group end, others run on': (policy) => {
    const inGroup = policy.guests.find(({ runs, group, taps }) => runs && group && taps.length > 0);
    const group = inGroup?.group;
    if (!group || policy.guests.every((guest) => guest.group === group || !guest.runs)) return undefined;
    return {
      ...policy,
      guests: policy.guests.map((one) => (one.group === group ? { ...one, runs: false } : one)),
    };
  },
  'a guarantee passes from one to another': (policy) => {
    const [one, two] = policy.guests.filter(({ runs, taps }) => runs && taps.length > 0);
    if (!one || !two || one.rate.out < 2000 || two.ceil.out < two.rate.out + 1000) return undefined;
    const by = new Map([
      [one, -1000],
      [two, 1000],
    ]);
    const guests = policy.guests.map((guest) => {
      return { ...guest, rate: { ...guest.rate, out: guest.rate.out + (by.get(guest) ?? 0) } };
    });
    return { ...policy, guests };
  },
  'a guarantee passes to one whose ceil is lowered': (policy) => {
    const [one, two] = policy.guests.filter(({ runs, taps }) => runs && taps.length > 0);
    if (!one || !two || two.rate.out < 3000 || one.ceil.out < one.rate.out + 2000) return undefined;
    const guests = policy.guests.map((guest) => {
      const { rate, ceil } = guest;
      if (guest === one)
        return { ...guest, rate: { ...rate, out: rate.out + 1000 }, ceil: { ...ceil, out: ceil.out - 500 } };
      return guest === two ? { ...guest, rate: { ...rate, out: rate.out - 1000 } } : guest;
    });
    return { ...policy, guests };
  },
  'a guarantee passes from one whose ceil is raised': (policy) => {
    const [one, two] = policy.guests.filter(({ runs, taps }) => runs && taps.length > 0).reverse();
    if (!one || !two || one.rate.out < 3000 || two.ceil.out < two.rate.out + 1000) return undefined;
    const guests = policy.guests.map((guest) => {
      const { rate, ceil } = guest;
      if (guest === one)
        return { ...guest, rate: { ...rate, out: rate.out - 1000 }, ceil: { ...ceil, out: ceil.out + 500 } };
      return guest === two ? { ...guest, rate: { ...rate, out: rate.out + 1000 } } : guest;
    });
    return { ...policy, guests };
  },
  'a guest changes group while one comes whose id a stand-in would have': (policy) => {
    const [group] = policy.groups;
    const guest = policy.guests.find(
      (one) => one.runs && one.taps.length > 0 && group && one.group !== group.name,
    );
    const free = ports.br0?.taps.find((tap) => policy.guests.every(({ taps }) => !taps.includes(tap)));
    if (!group || !guest || !free) return undefined;
    const guests = policy.guests.map((one) => (one === guest ? { ...one, group: group.name } : one));
    const rates = { rate: { out: 1000, in: 1000 }, ceil: { out: 20_000, in: 20_000 } };
    return {
      ...policy,
      guests: [...guests, { name: 'zoe', ...rates, id: 0xfffd, taps: [free], runs: true }],
    };
  },
};

const runs = amount(120);
test(`${runs} changes of a policy, there and back`, () => {
  const done = new Set<string>();
  for (let index = 0; index < runs; index += 1) {
    const { from, to, text } = randomChange(process.env.VIRT_SHAPER_SEED ?? 'phases', index);
    const one = stateOf(from);
    const more = Object.entries(others).flatMap(([name, change]) => {
      const changed = change(from);
      if (changed) done.add(name);
      return changed ? [[name, changed] as const] : [];
    });
    for (const [name, policy] of [[text, to] as const, ...more]) {
      const other = stateOf(policy);
      const nothing: State = {
        devices: new Map(),
        settings: new Map(),
        objects: new Map(),
        ruleset: noTable,
      };
      for (const [what, work] of [
        ['there', () => play(one, other, false)],
        ['back', () => play(other, one, false)],
        ['undone', () => play(other, one, true)],
        ['unloaded', () => play(other, nothing, false)],
      ] as const) {
        try {
          work();
        } catch (error) {
          (error as Error).message += `\nchange ${index}, ${what}: ${name}`;
          throw error;
        }
      }
    }
    assert.equal(compare(kernelOf(one), one), [], 'nothing differs from itself');
  }
  assert.equal([...done].sort(), Object.keys(others).sort(), 'each was tried');
});

test.run();
