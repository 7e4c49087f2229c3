// Changes that no configuration makes: what an administrator sets for now, and a volume that is used up. Each is made by
// its own command, there and back, while frames are counted.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { encodeLedger } from '../../src/ledger/decode.ts';
import { newAccount } from '../../src/ledger/ledger.ts';
import { readRunningMonth } from '../../src/ledger/read.ts';
import { readClock, readOverrideFile, writeOverrides } from '../../src/store/overrides.ts';
import { writeWhole } from '../../src/system/files.ts';
import type { Both, Guest, Policy } from './policy.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export interface ForNow {
  limit?: { guest: string; ceil: Both };
  /** The guest whose volume is used up. */
  usedUp?: string;
}

type MomentChange = (from: Policy, to: Policy, random: Random) => string | undefined;

const volume = 1e12;

export const momentChanges: Record<string, MomentChange> = {
  limit: (_from, to, random) => {
    const guest = anyGuest(to, random);
    if (!guest) return undefined;
    const ceil = { out: random.integer(10, 900) * 100, in: random.integer(10, 900) * 100 };
    to.forNow = { limit: { guest: guest.name, ceil } };
    return `limit ${guest.name}: ${JSON.stringify(ceil)}`;
  },
  quota: (from, to, random) => {
    const guest = anyGuest(to, random);
    if (!guest) return undefined;
    const then = random.integer(10, 50) * 100;
    for (const { guests } of [from, to])
      for (const one of guests) if (one.name === guest.name) one.quota = { volume, then };
    to.forNow = { usedUp: guest.name };
    return `quota ${guest.name}: then ${then}kbit`;
  },
};

function anyGuest({ guests }: Policy, random: Random): Guest | undefined {
  const running = guests.filter(({ runs, taps }) => runs && taps.length > 0);
  return running.length > 0 ? random.pick(running) : undefined;
}

export type MomentKind = 'limit' | 'quota';

/** @returns what goes from one to the other: of a limit that is lifted its own words */
export function commandFor(kind: MomentKind | undefined, from: Policy, to: Policy): string[] {
  if (kind === undefined) return ['load'];
  if (kind === 'quota') return ['sync', '--in-force'];
  const { guest = '', ceil } = to.forNow?.limit ?? {};
  if (!ceil) return ['limit', from.forNow?.limit?.guest ?? guest, '--lift'];
  return ['limit', guest, '--out', `${ceil.out}kbit`, '--in', `${ceil.in}kbit`];
}

export class MomentFiles {
  /** By how many bytes the ledger has more than the classes. */
  private ahead: number | undefined;

  constructor(private readonly world: World) {}

  private get overrides(): string {
    return join(this.world.root, 'var/lib/virt-shaper/overrides.json');
  }

  private get usage(): string {
    return join(this.world.root, 'var/lib/virt-shaper/usage');
  }

  /** As if it had been so for long. */
  async write({ forNow, guests }: Policy): Promise<void> {
    const { limit } = forNow ?? {};
    const { now, sinceBoot, boot } = readClock();
    const kbit = ({ out, in: into }: Both) => ({ out: out * 1000, in: into * 1000 });
    const set = limit && {
      kind: 'guest' as const,
      name: limit.guest,
      ceil: kbit(limit.ceil),
      since: now,
      by: 'somebody',
      boot: { id: boot, at: sinceBoot },
    };
    writeOverrides(this.overrides, set ? [set] : []);
    for (const { name, quota } of guests) if (quota) await this.use(name, forNow?.usedUp === name);
  }

  /** What it has used today; its sum stays, which is what is checked. */
  private async use(guest: string, isAll: boolean): Promise<void> {
    rmSync(join(this.world.root, 'run/virt-shaper/volumes.json'), { force: true });
    if (!readRunningMonth(this.usage).value) await this.world.run(['usage', 'count']);
    const ledger = readRunningMonth(this.usage).value;
    if (!ledger) throw new Error('there is no ledger');
    const account = ledger.accounts.get(`guest ${guest}`) ?? newAccount();
    ledger.accounts.set(`guest ${guest}`, account);
    account.day.out = isAll ? 2 * volume : 0;
    writeWhole(join(this.usage, 'now.json'), encodeLedger(ledger), 0o600);
  }

  isLimited(): boolean {
    return readOverrideFile(this.overrides).overrides.length > 0;
  }

  /** Classes are made anew: what they pass from now on is compared. */
  begin(): void {
    this.ahead = undefined;
  }

  /** What passed is in the ledger once: no class begins anew where only rates change. @returns what is wrong */
  async isCounted(): Promise<string[]> {
    for (let tries = 0; ; tries += 1) {
      const ahead = (await this.counted()) - this.passed();
      this.ahead ??= ahead;
      if (ahead === this.ahead) return [];
      // Between the two readings a frame may have passed.
      if (tries === 2)
        return [`the ledger has ${ahead - this.ahead} bytes more than the classes have passed`];
    }
  }

  /** Bytes of all guests by the ledger. */
  private async counted(): Promise<number> {
    await this.world.run(['usage', 'count']);
    const accounts = [...(readRunningMonth(this.usage).value?.accounts ?? [])];
    return accounts
      .filter(([subject]) => subject.startsWith('guest '))
      .reduce((sum, [, { total }]) => sum + total.out + total.in, 0);
  }

  /** The same by their classes, since these were made. */
  private passed(): number {
    type Class = { bytes?: number } | undefined;
    const { guests } = JSON.parse(this.world.read('status', '--json', '--interval', '0')) as {
      guests: { out?: Class; in?: Class }[];
    };
    return guests.reduce((sum, one) => sum + (one.out?.bytes ?? 0) + (one.in?.bytes ?? 0), 0);
  }
}
