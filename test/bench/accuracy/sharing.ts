// Guests that share a ceil: what they get together, what is left of a guarantee while another floods, and how
// they divide what nobody is guaranteed.
import { directions } from '../../../src/units/units.ts';
import { guestNamed } from '../../lab/host.ts';
import { mbit, payloadShare } from '../../lab/policy.ts';
import type { Row } from '../section.ts';
import { contests, flowOf, groups, leftoverCeil, leftovers, type World } from './world.ts';

const share = payloadShare('tcp', 4);
/** What the loud one sends, as a multiple of what he is guaranteed. */
const times = 10;

export async function measureSharing(world: World, quick: boolean): Promise<Row[]> {
  await world.load();
  const rows: Row[] = [];
  for (const direction of quick ? (['in'] as const) : directions) {
    rows.push(...(await sums(world, direction)), ...(await guarantees(world, direction)));
  }
  return [...rows, ...(quick ? [] : await leftover(world))];
}

async function sums({ host, run, settled }: World, direction: 'in' | 'out'): Promise<Row[]> {
  const members = Object.entries(groups).flatMap(([group, { members }]) =>
    Array.from({ length: members }, (_, index) => ({ group, name: `${group}-${index}` })),
  );
  const flows = members.map(({ name }) => flowOf(host, name, direction));
  const received = await run(`groups, ${direction}`, flows, settled);
  return Object.entries(groups).map(([group, { members: size, ceil }]) => {
    const ours = members.reduce((sum, one, i) => sum + (one.group === group ? (received[i] ?? 0) : 0), 0);
    return {
      what: `a group of ${size}, TCP ${direction}, ${ceil / mbit} mbit: their sum`,
      unit: 'bit/s',
      ...against(ours, ceil * share, "payload that fits the group's ceil"),
      target: { least: 0.99, most: 1.01 },
    };
  });
}

/**
 * The smallest is measured with UDP: its queue is made for its ceil and holds 3.5 s of its guarantee, in which TCP
 * loses, waits and catches up for longer than anyone measures.
 */
async function guarantees({ host, run, shared }: World, direction: 'in' | 'out'): Promise<Row[]> {
  const names = Object.keys(contests) as (keyof typeof contests)[];
  const quietBy = (name: (typeof names)[number]) => (contests[name][0] < 1 ? 'udp' : 'tcp');
  const flows = names.flatMap((name) => {
    const [quiet, loud] = [guestNamed(host, `${name}-quiet`), guestNamed(host, `${name}-loud`)];
    return [
      flowOf(host, quiet.name, direction, quietBy(name) === 'udp' ? { udpRate: 1.25 * quiet.rate } : {}),
      flowOf(host, loud.name, direction, { udpRate: times * loud.rate }),
    ];
  });
  const received = await run(`guarantees under flood, ${direction}`, flows, shared);
  return names.map((name, index) => {
    const [quiet, loud] = contests[name];
    const by = quietBy(name);
    const allowed = quiet * mbit * payloadShare(by, 4);
    return {
      what: `guarantee of ${quiet} mbit, ${by.toUpperCase()} ${direction}, while one of ${loud} sends UDP x${times}`,
      unit: 'bit/s',
      ...against(received[2 * index] ?? 0, allowed, 'payload that fits the guarantee'),
      target: { least: 0.98 },
    };
  });
}

/** All of the group's ceil is for who wants it, by the quanta: in proportion to the guarantees, or evenly. */
async function leftover({ host, run, load }: World): Promise<Row[]> {
  const names = Object.keys(leftovers);
  const flows = names.map((name) => flowOf(host, name, 'out', { udpRate: 1.25 * leftoverCeil * mbit }));
  const timing = { omit: 1, seconds: 4 };
  const part = async () => {
    const [small = 0, large = 0] = await run('what is left over', flows, timing);
    return small / (small + large);
  };
  const ours = await part();
  await load('quantum');
  const even = await part();
  const { small, large } = leftovers;
  return [
    {
      what: `guaranteed ${small} and ${large} of ${leftoverCeil} mbit, both flooding: part of the first`,
      unit: 'x',
      ours,
      bare: small / (small + large),
      bareIs: 'in proportion to the guarantees',
      ratio: (ours * (small + large)) / small,
      spread: [(ours * (small + large)) / small, (ours * (small + large)) / small],
      note: `with one quantum for all ${even.toFixed(2)}`,
    },
  ];
}

export function against(ours: number, bare: number, bareIs: string) {
  const ratio = ours / bare;
  return { ours, bare, bareIs, ratio, spread: [ratio, ratio] as [number, number] };
}
