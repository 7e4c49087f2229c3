// How long each way takes to load many guests, and one more. They run in turn on the same host, each on what the
// one before took out again.
import type { Crowd } from '../host/crowd.ts';
import type { Row } from '../section.ts';
import { compared, median } from '../statistics.ts';
import { type Peer, type PeerGuest, peers } from './peer.ts';

/** Seconds after which a way is given up. */
const patience = 10;

/** What took how long, round by round; `reached` guests when it was given up. */
interface Times {
  load: number[];
  more: number[];
  reached?: number;
}

/** @param troubles why a way is left out; those that fail are added */
export async function timeAll(
  crowd: Crowd,
  rounds: number,
  progress: (text: string) => void,
  troubles: Map<string, string>,
): Promise<Map<string, Times>> {
  const times = new Map<string, Times>([['ours', { load: [], more: [] }]]);
  const guests = guestsOf(crowd);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`virt-shaper, ${crowd.size} guests, round ${round} of ${rounds}`);
    await timeOurs(crowd, times.get('ours') as Times);
    for (const peer of peers) {
      if (troubles.has(peer.name)) continue;
      progress(`${peer.name}, ${crowd.size} guests, round ${round} of ${rounds}`);
      const mine = times.get(peer.name) ?? { load: [], more: [] };
      times.set(peer.name, mine);
      try {
        await timePeer(crowd, peer, guests, mine);
      } catch (error) {
        troubles.set(peer.name, (error as Error).message);
        times.delete(peer.name);
        await atOnce(crowd.place, peer.clear(guests));
      }
    }
  }
  return times;
}

async function timeOurs(crowd: Crowd, times: Times): Promise<void> {
  const render = await crowd.run(['render']);
  const load = await crowd.run(['load']);
  crowd.expect(crowd.size);
  times.load.push(render.seconds + load.seconds);
  times.more.push((await crowd.hook('start')).seconds);
  await crowd.hook('stopped');
  await crowd.run(['unload']);
}

async function timePeer({ place, size }: Crowd, peer: Peer, all: PeerGuest[], times: Times): Promise<void> {
  const guests = all.slice(0, size);
  const run = (lines: string[]) =>
    place.run('timeout', [`${patience}`, 'sh', '-e'], { input: `${lines.join('\n')}\n`, status: null });
  const load = await run(peer.load(guests));
  const reached = Number((await place.sh(peer.count)).stdout);
  if (load.status !== 124 && (load.status !== 0 || reached !== size)) {
    throw new Error(`${peer.name}: status ${load.status}, ${reached} of ${size} guests: ${load.stderr}`);
  }
  times.load.push(load.seconds);
  if (load.status === 124) times.reached = reached;
  if (peer.add) {
    // What it did not get to is put in at once, so that the one more comes to all the others.
    if (load.status === 124) await loadAtOnce(place, peer, guests);
    const last = all[size];
    times.more.push((await run(last ? peer.add(last) : [])).seconds);
  }
  await atOnce(place, peer.clear(all));
}

async function loadAtOnce(place: Crowd['place'], peer: Peer, guests: PeerGuest[]): Promise<void> {
  await atOnce(place, peer.clear(guests));
  await atOnce(place, peer.load(guests));
}

/** The same commands, but one process for those of iptables and one for those of tc, which goes on after a refusal. */
async function atOnce(place: Crowd['place'], lines: string[]): Promise<void> {
  const of = (start: string) =>
    lines
      .filter((line) => line.startsWith(start))
      .map((line) => line.slice(start.length).replace(/ 2>.*/, ''))
      .join('\n');
  const rules = of('iptables -t mangle ');
  if (rules) await place.run('iptables-restore', ['--noflush'], { input: `*mangle\n${rules}\nCOMMIT\n` });
  await place.run('tc', ['-force', '-batch', '-'], { input: `${of('tc ')}\n`, status: null });
  const links = of('ip ');
  if (links) await place.run('ip', ['-force', '-batch', '-'], { input: `${links}\n`, status: null });
}

/** The newcomer is the last. */
function guestsOf({ size }: Crowd): PeerGuest[] {
  return Array.from({ length: size + 1 }, (_, index) => ({
    index,
    tap: `vnet${index}`,
    address: `10.98.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    rate: 100_000,
    ceil: 10_000_000,
  }));
}

export function rowsOf(size: number, times: Map<string, Times>, remarks: Map<string, string>): Row[] {
  const count = size.toLocaleString('en-US');
  const ours = times.get('ours') as Times;
  return [...times].flatMap(([name, peer]): Row[] => {
    if (name === 'ours') return [];
    const remark = remarks.get(name);
    const given = peer.reached === undefined ? [] : [`given up at ${peer.reached} guests`];
    const note = [...given, ...(remark ? [remark] : [])].join('; ');
    const load: Row = {
      what: `load ${count} guests`,
      unit: 's',
      ...compared(ours.load, peer.load),
      bareIs: name,
      ...(note ? { note } : {}),
    };
    // Where there is no other way, one more is all of them.
    const more: Row = {
      what: `one more, beside ${count}`,
      unit: 's',
      ...compared(ours.more, peer.more.length > 0 ? peer.more : peer.load),
      bareIs: name,
      ...(peer.more.length > 0 ? {} : { note: ['all anew', ...given].join(', ') }),
    };
    return [load, more];
  });
}

/** Medians, for the picture; nothing where it was given up. */
export function medianOf(times: Times | undefined, what: 'load' | 'more'): number | null {
  if (!times || (times.reached !== undefined && (what === 'load' || times.more.length === 0))) return null;
  const values = times[what].length > 0 ? times[what] : times.load;
  return values.length > 0 ? median(values) : null;
}
