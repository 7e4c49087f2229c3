// Old or new, and nothing else: what every tap's frames meet in a kernel, held against what they meet under the
// two policies between which it stands.
import { bridgeOf, type Policy, ports, runningGuests } from './policy.ts';
import type { Kernel } from './snapshot.ts';
import { type Queue, walk } from './walk.ts';

/** What a tap's frames meet in one direction at one port that can be an uplink. */
export interface Seen {
  /** Absent: nothing of a guest's own. */
  own?: {
    /** `device class`: two guests never have the same. */
    leaf: string;
    rate: number;
    ceil: number;
    /** The lowest ceil up to the root, of every tree on the way. */
    reach: number;
  }[];
  lost?: string;
}

/** By `tap direction uplink`. */
export type View = Map<string, Seen>;

export interface Reference {
  policy: Policy;
  kernel: Kernel;
  view: View;
}

export function look(kernel: Kernel): View {
  const view: View = new Map();
  for (const { uplinks, taps } of Object.values(ports)) {
    for (const uplink of uplinks) {
      for (const tap of taps) {
        view.set(`${tap} out ${uplink}`, see(kernel, { iif: tap, oif: uplink }));
        view.set(`${tap} in ${uplink}`, see(kernel, { iif: uplink, oif: tap }));
      }
    }
  }
  return view;
}

function see(kernel: Kernel, frame: { iif: string; oif: string }): Seen {
  const { queues, lost } = walk(kernel, frame);
  if (lost) return { lost };
  const own = queues.filter(({ isDefault }) => !isDefault);
  if (own.length === 0) return {};
  const reach = Math.min(...queues.flatMap(({ path }) => path.map(({ ceil }) => ceil)));
  return {
    own: own.map(({ device, path: [leaf] }: Queue) => ({
      leaf: `${device} ${leaf?.id}`,
      rate: leaf?.rate ?? 0,
      ceil: leaf?.ceil ?? 0,
      reach,
    })),
  };
}

/**
 * @param except taps of which nothing is asked
 * @returns what a packet could notice that is neither old nor new, a line each
 */
export function judge(kernel: Kernel, from: Reference, to: Reference, except: string[] = []): string[] {
  const view = look(kernel);
  const wrong: string[] = [];
  for (const [bridge, { uplinks, taps }] of Object.entries(ports)) {
    for (const tap of taps.filter((name) => bridgeOf(name) === bridge && !except.includes(name))) {
      for (const way of ['out', 'in']) {
        const at = (of: View) => uplinks.map((uplink) => of.get(`${tap} ${way} ${uplink}`) ?? {});
        const who = `${ownerOf(to, tap) ?? ownerOf(from, tap) ?? 'nobody'}, ${tap} ${way}`;
        const owners = [from, to].map((of) => ownerOf(of, tap));
        const allowed = [from, to].flatMap((of) => ownOf(of, owners, taps, way));
        for (const problem of judgeTap(at(view), at(from.view), at(to.view), allowed))
          wrong.push(`${who}: ${problem}`);
      }
    }
  }
  return [...wrong, ...sharedLeaves(view, from, to, except), ...breakableCeilings(kernel, view)];
}

type Own = NonNullable<Seen['own']>;

/** What a guest's taps on a bridge have: a tap that comes or goes meets in the guest's class what the others do. */
function ownOf(of: Reference, guests: (string | undefined)[], taps: string[], way: string): Own {
  const isTheirs = (tap: string) => guests.includes(ownerOf(of, tap) ?? '');
  const prefixes = taps.filter(isTheirs).map((tap) => `${tap} ${way} `);
  return [...of.view].flatMap(([key, { own }]) =>
    own && prefixes.some((prefix) => key.startsWith(prefix)) ? own : [],
  );
}

/**
 * @param now, from, to the same tap and direction at each port that can be an uplink
 * @param allowed what its guest has, before and after
 */
function judgeTap(now: Seen[], from: Seen[], to: Seen[], allowed: Own): string[] {
  const oneOf = (value: number, key: 'rate' | 'ceil' | 'reach') => allowed.some((own) => own[key] === value);
  const wrong: string[] = [];
  for (const [index, { own, lost }] of now.entries()) {
    if (lost) wrong.push(`cut off: ${lost}`);
    else if (!own && from[index]?.own && to[index]?.own) wrong.push('no class: it is not shaped');
    for (const { leaf, rate, ceil, reach } of own ?? []) {
      if (!oneOf(rate, 'rate')) wrong.push(`${leaf} has rate ${rate}, neither old nor new`);
      if (!oneOf(ceil, 'ceil')) wrong.push(`${leaf} has ceil ${ceil}, neither old nor new`);
      if (!oneOf(reach, 'reach')) wrong.push(`${leaf} reaches ${reach}, not ${texts(from)} or ${texts(to)}`);
    }
  }
  const isShaped = (list: Seen[]) => list.some(({ own }) => own);
  if (wrong.length === 0 && isShaped(from) && isShaped(to) && !isShaped(now))
    wrong.push('no class at any uplink');
  return [...new Set(wrong)];
}

function texts(seen: Seen[]): string {
  return seen.map(({ own }) => own?.[0]?.reach ?? 'unshaped').join('/');
}

function ownerOf({ policy }: Reference, tap: string): string | undefined {
  return runningGuests(policy).find(({ nics }) => nics.some((nic) => nic.tap === tap))?.name;
}

function sharedLeaves(view: View, from: Reference, to: Reference, except: string[]): string[] {
  const users = new Map<string, string>();
  const wrong: string[] = [];
  for (const [key, { own }] of view) {
    const tap = key.split(' ')[0] ?? '';
    if (except.includes(tap)) continue;
    for (const { leaf } of own ?? []) {
      const other = users.get(leaf) ?? tap;
      users.set(leaf, tap);
      const same = [from, to].some((of) => ownerOf(of, tap) === ownerOf(of, other) && ownerOf(of, tap));
      if (!same) wrong.push(`${other} and ${tap} share ${leaf}`);
    }
  }
  return wrong;
}

/**
 * HTB lets a class send at its own rate whatever is above it, so a ceiling holds only while the guarantees of
 * all that send below it fit into it.
 */
function breakableCeilings(kernel: Kernel, view: View): string[] {
  const sums = new Map<string, number>();
  const leaves = new Set([...view.values()].flatMap(({ own }) => own?.map(({ leaf }) => leaf) ?? []));
  for (const qdisc of kernel.qdiscs) {
    if (qdisc.root && qdisc.kind === 'htb')
      leaves.add(`${qdisc.dev} ${qdisc.handle}${Number(qdisc.options.default).toString(16)}`);
  }
  for (const leaf of leaves) {
    const [device = '', id = ''] = leaf.split(' ');
    const classes = kernel.classes.get(device);
    const rate = classes?.get(id)?.rate ?? 0;
    for (let above = classes?.get(id)?.parent; above; above = classes?.get(above)?.parent)
      sums.set(`${device} ${above}`, (sums.get(`${device} ${above}`) ?? 0) + rate);
  }
  return [...sums].flatMap(([key, sum]) => {
    const [device = '', id = ''] = key.split(' ');
    const ceil = kernel.classes.get(device)?.get(id)?.ceil ?? 0;
    // tc shows rates to the thousand.
    return sum > ceil * 1.001 ? [`${key}: the guarantees below add up to ${sum}, its ceil is ${ceil}`] : [];
  });
}
