// One change of policy, tried in every way: plain, watched after each call, with a fault at a call, and killed
// at a moment. Each try goes from the policy in force to the other one; the next try goes back.
import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, makeSide, type Side } from './bench.ts';
import { judge } from './judge.ts';
import { commandFor, type MomentKind } from './moment.ts';
import { bridgeOf, type PolicyChange, runningGuests } from './policy.ts';
import { differences, type Kernel } from './snapshot.ts';
import { walk } from './walk.ts';
import { type Ended, ruleFiles } from './world.ts';
import type { Call, Fault } from './wrapper.ts';

export interface Tried {
  kind: string;
  /** `done`: exit status 0. `undone`: exit status 1. `killed`: no exit status. */
  outcome: 'done' | 'undone' | 'killed' | 'strange';
  /** Where it was, for people and to do it again. */
  at: string;
  problems: string[];
  /** What it counted besides, by name. */
  counts?: Record<string, number>;
}

/** What follows a try. */
export interface Afterwards {
  /** A further load, that has nothing to do. */
  again: boolean;
  /** unload in place of the next load. */
  unload: boolean;
}

export class Tries {
  private sides: [Side, Side];

  private constructor(
    private readonly bench: Bench,
    sides: [Side, Side],
    private readonly kind: MomentKind | undefined,
  ) {
    this.sides = sides;
  }

  /** @throws when rendering fails, or the two renderings by hand do */
  static async start(bench: Bench, { from, to, kinds }: PolicyChange): Promise<Tries> {
    const { world } = bench;
    world.clean();
    const rules = [await world.render(from), await world.render(to)] as const;
    const sides: [Side, Side] = [await makeSide(bench, from, rules[0]), await makeSide(bench, to, rules[1])];
    const kind = kinds.find((one): one is MomentKind => one === 'limit' || one === 'quota');
    return new Tries(bench, sides, kind);
  }

  /** What goes from the one side to the other. */
  private get command(): string[] {
    return commandFor(this.kind, this.from.policy, this.to.policy);
  }

  private async prepare(): Promise<void> {
    const { world } = this.bench;
    if (this.kind === undefined) {
      world.writeRules(this.to.rules);
      return;
    }
    if (this.kind === 'quota') await world.moment.write(this.to.policy);
    await world.send(this.to.policy);
  }

  /** `A>B` or `B>A`. */
  private way = 'A>B';

  get isBack(): boolean {
    return this.way === 'B>A';
  }

  /** Whether the two policies ask for the same. */
  get isNothing(): boolean {
    return this.sides[0].kernel.text === this.sides[1].kernel.text;
  }

  private get from(): Side {
    return this.sides[0];
  }

  private get to(): Side {
    return this.sides[1];
  }

  /** The first policy on a clean host, loaded by the program and by hand. */
  async first(): Promise<Tried> {
    const { world } = this.bench;
    await world.moment.write(this.from.policy);
    world.moment.begin();
    world.writeRules(this.from.rules);
    const ended = await world.run(['load']);
    const problems = [...this.exit(ended, 0), ...(await this.holds(this.from))];
    if (problems.length > 0) await this.reset(this.from);
    return { kind: 'first load', outcome: outcomeOf(ended), at: 'A', problems };
  }

  /** Without a fault. @returns how long it took, too */
  async plain(): Promise<Tried & { took: number }> {
    const { world } = this.bench;
    await this.prepare();
    const ended = await world.run(this.command);
    const problems = [...this.exit(ended, 0), ...(await this.holds(this.to)), ...this.goodIs(this.to)];
    return { took: ended.took, ...(await this.finish('plain', this.way, ended, problems)) };
  }

  /** Looks at the kernel after every call and every line of a batch. @returns the calls, too */
  async watched(): Promise<Tried & { calls: Call[] }> {
    const { world, wrapper, watcher, snapshots } = this.bench;
    const problems: string[] = [];
    const counts = { moments: 0, 'unmarked unshaped': 0 };
    watcher.onShown = async (what) => {
      const kernel = await snapshots.take();
      counts.moments += 1;
      for (const problem of this.judged(kernel)) problems.push(`after ${what}\n      ${problem}`);
      if (problems.length === 0 && this.unmarkedIsUnshaped(kernel)) counts['unmarked unshaped'] += 1;
    };
    await this.prepare();
    wrapper.plan('trace');
    const ended = await world.run(this.command, wrapper.folder);
    const calls = wrapper.calls();
    problems.push(...this.exit(ended, 0), ...(await this.holds(this.to)), ...this.goodIs(this.to));
    return { calls, ...(await this.finish('no-gap', this.way, ended, problems)), counts };
  }

  async fault(fault: Fault, call: Call | undefined, afterwards: Afterwards): Promise<Tried> {
    const { world, wrapper, limit } = this.bench;
    const at = `${this.way} ${fault.kind}:${fault.at}${fault.line === undefined ? '' : `:${fault.line}`} (${call?.tool} ${call?.args})`;
    await this.prepare();
    wrapper.plan(fault);
    const ended = await world.run(
      [...this.command, ...(fault.kind.startsWith('hang') ? (limit ?? []) : [])],
      wrapper.folder,
    );
    const mustEnd = !['kill-before', 'kill-after', 'kill-line', 'orphan'].includes(fault.kind);
    const problems = mustEnd && ended.status === undefined ? ['it was killed'] : [];
    if (fault.kind === 'vanish') problems.push(...(await this.afterVanishing(ended, fault.tap ?? '')));
    else if (fault.kind !== 'orphan')
      problems.push(...(await this.afterwards(ended, fault.kind === 'fail-on')));
    return this.converge(fault.kind, at, ended, problems, afterwards);
  }

  /** Killed after so many milliseconds, if it runs that long. */
  async kill(after: number, afterwards: Afterwards): Promise<Tried> {
    const { world } = this.bench;
    await this.prepare();
    const { child, ended } = world.start(this.command);
    await Promise.race([delay(after), ended]);
    child.kill('SIGKILL');
    const how = await ended;
    const problems = await this.afterwards(how, false);
    return this.converge('kill', `${this.way} kill after ${after.toFixed(0)} ms`, how, problems, afterwards);
  }

  /** unload, and the kernel is what it was before anything. */
  async last(): Promise<Tried> {
    const ended = await this.bench.world.run(['unload']);
    const problems = [...this.exit(ended, 0), ...(await this.isEmpty())];
    return { kind: 'unload', outcome: outcomeOf(ended), at: 'at last', problems };
  }

  /** Old or new for every packet; and all of the old after exit status 1, all of the new after 0. */
  private async afterwards({ status, stderr }: Ended, undoFails: boolean): Promise<string[]> {
    const { world, snapshots } = this.bench;
    await world.quiet();
    const kernel = await snapshots.take();
    // What is refused for one tap costs that tap only, and is said: the load ends well for all others.
    const refused =
      status === 0
        ? [...stderr.matchAll(/ receives by (\S+) is not shaped: /g)].map(([, tap = '']) => tap)
        : [];
    const problems = this.judged(kernel, refused);
    if (refused.length > 0)
      problems.push(...judge(kernel, this.to, this.to, refused).map((problem) => `new policy: ${problem}`));
    const said = stderr.trim().slice(0, 500).replaceAll('\n', '\n      ');
    if (/TypeError|ReferenceError|RangeError|\n\s+at .*:\d+:\d+/.test(stderr))
      problems.push(`not told to people: ${said}`);
    if (status !== undefined && status !== 0 && status !== 1) problems.push(`exit status ${status}: ${said}`);
    const side = status === 0 ? this.to : status === 1 ? this.from : undefined;
    if (side && !undoFails && refused.length === 0) {
      const differing = differences(kernel.text, side.kernel.text);
      if (differing)
        problems.push(`exit status ${status}, but the kernel differs:\n${differing}\n    ${said}`);
    }
    if (status === 1 && said === '') problems.push('it failed without a word');
    problems.push(...(side && !undoFails ? this.goodIs(side) : this.goodIsWhole()));
    return problems;
  }

  private async afterVanishing({ status, stderr }: Ended, tap: string): Promise<string[]> {
    const { world, snapshots } = this.bench;
    const kernel = await snapshots.take();
    const problems = this.judged(kernel, [tap]);
    // What the others meet is the new, not the old.
    problems.push(...judge(kernel, this.to, this.to, [tap]).map((problem) => `new policy: ${problem}`));
    if (status !== 0) problems.push(`exit status ${status}: ${stderr.trim().slice(0, 300)}`);
    if (!stderr.includes(tap)) problems.push(`no warning that ${tap} is gone: ${stderr.trim()}`);
    problems.push(...this.goodIs(this.to));
    world.plug(tap, bridgeOf(tap));
    return problems;
  }

  private async converge(
    kind: string,
    at: string,
    ended: Ended,
    problems: string[],
    { again, unload }: Afterwards,
  ): Promise<Tried> {
    const { world } = this.bench;
    if (unload) {
      const unloaded = await world.run(['unload']);
      await world.quiet();
      problems.push(...this.exit(unloaded, 0, 'unload'), ...(await this.isEmpty()));
      if (this.kind) await world.run(['sync']); // The others do nothing after an unload.
      world.moment.begin();
    }
    if (this.kind === 'limit') problems.push(...(await this.isAsWritten()));
    const next = await world.run(this.command);
    await world.quiet();
    problems.push(...this.exit(next, 0, 'the next load'));
    problems.push(...(await this.holds(this.to)).map((problem) => `the next load: ${problem}`));
    problems.push(...this.goodIs(this.to).map((problem) => `the next load: ${problem}`), ...this.litter());
    if (again) {
      const further = await world.run(this.command);
      problems.push(...this.exit(further, 0, 'a further load'));
      if (this.kind === 'quota' ? further.stderr !== '' : !further.stderr.includes('nothing to do'))
        problems.push(`a further load: ${further.stderr.trim()}`);
    }
    return this.finish(kind, at, ended, problems);
  }

  /** Whenever a limit's command was killed, what it has written down is what the minute's sync makes of it. */
  private async isAsWritten(): Promise<string[]> {
    const { world } = this.bench;
    const isTo = world.moment.isLimited() === (this.to.policy.forNow !== undefined);
    const synced = await world.run(['sync', '--in-force']);
    await world.quiet();
    const problems = [
      ...this.exit(synced, 0, 'the next sync'),
      ...(await this.holds(isTo ? this.to : this.from)),
    ];
    return problems.map((problem) => `the next sync, ${isTo ? 'new' : 'old'} as written: ${problem}`);
  }

  private async finish(kind: string, at: string, ended: Ended, problems: string[]): Promise<Tried> {
    if (this.kind) problems.push(...(await this.bench.world.moment.isCounted()));
    if (problems.length > 0) await this.reset(this.to);
    this.sides.reverse();
    this.way = this.isBack ? 'A>B' : 'B>A';
    return { kind, at, outcome: outcomeOf(ended), problems };
  }

  /** After a problem, so that it is nobody else's. */
  private async reset(side: Side): Promise<void> {
    const { world } = this.bench;
    await world.quiet();
    world.clean();
    world.moment.begin();
    await world.moment.write(side.policy);
    world.writeRules(side.rules);
    await world.run(['load']);
  }

  private judged(kernel: Kernel, except: string[] = []): string[] {
    try {
      return judge(kernel, this.from, this.to, except);
    } catch (error) {
      return [`the tracer does not understand the kernel: ${(error as Error).message}`];
    }
  }

  private exit({ status, stderr }: Ended, want: number, whose = 'it'): string[] {
    return status === want ? [] : [`${whose} ended with ${status}: ${stderr.trim().slice(0, 500)}`];
  }

  private async holds(side: Side): Promise<string[]> {
    const differing = differences((await this.bench.snapshots.take()).text, side.kernel.text);
    return differing ? [`the kernel differs from a clean host's:\n${differing}`] : [];
  }

  private async isEmpty(): Promise<string[]> {
    const differing = differences((await this.bench.snapshots.take()).text, this.bench.empty.text);
    return differing ? [`unload left behind:\n${differing}`] : [];
  }

  private goodIs(side: Side): string[] {
    const good = this.bench.world.good();
    const other = ruleFiles.filter((name) => good[name] !== side.rules[name]);
    return other.length === 0 ? [] : [`rules.d/good is not the policy in force: ${other.join(', ')}`];
  }

  private goodIsWhole(): string[] {
    const mixed = [this.from, this.to].every((side) => this.goodIs(side).length > 0);
    return mixed ? ['rules.d/good is neither the old nor the new policy'] : [];
  }

  /** Nothing may grow from load to load, least of all what a killed one left. */
  private litter(): string[] {
    const files = this.bench.world.files();
    const goods = files.filter((name) => /^\.?good[^/]*$/.test(name));
    const left = files.filter((name) => /\.next$|\.tmp$|~$/.test(name));
    return [...(goods.length > 2 ? goods : []), ...left].map((name) => `the next load: ${name} is left`);
  }

  /** On an uplink that both policies shape, what is nobody's waits in the default class. */
  private unmarkedIsUnshaped(kernel: Kernel): boolean {
    const uplinks = this.from.policy.uplinks.filter(({ name }) =>
      [this.from, this.to].every((side) => walk(side.kernel, { oif: name }).queues.length > 0),
    );
    return uplinks.some(({ name }) => walk(kernel, { oif: name }).queues.length === 0);
  }

  /** Taps that a fault may take away: both policies shape them, and others are left. */
  get taps(): string[] {
    if (this.kind) return []; // Their far ends send.
    const tapsOf = (side: Side) =>
      runningGuests(side.policy).flatMap(({ nics }) => nics.map(({ tap }) => tap));
    const both = tapsOf(this.from).filter((tap) => tapsOf(this.to).includes(tap));
    return both.length > 1 ? both.filter((tap) => this.isShaped(tap)) : [];
  }

  private isShaped(tap: string): boolean {
    return [...this.to.view].some(([key, { own }]) => key.startsWith(`${tap} `) && own);
  }
}

function outcomeOf({ status }: Ended): Tried['outcome'] {
  if (status === undefined) return 'killed';
  return status === 0 ? 'done' : status === 1 ? 'undone' : 'strange';
}
