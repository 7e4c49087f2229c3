// The same guests by other means, side by side: how long loading takes, how long one guest more, and what is lost
// when one of them changes.
import { needsCommand } from '../../support/needs.ts';
import { Namespaces } from '../../support/netns.ts';
import { Crowd } from '../host/crowd.ts';
import type { Place } from '../host/place.ts';
import { measureChanges } from '../peers/changes.ts';
import { type Peer, peers } from '../peers/peer.ts';
import { medianOf, rowsOf, timeAll } from '../peers/times.ts';
import type { Measure, Row } from '../section.ts';

export const measure: Measure = async (bench) => {
  const sizes = bench.quick ? [10] : [10, 100, 1000];
  const spaces = new Namespaces();
  const all = new Map<number, Awaited<ReturnType<typeof timeAll>>>();
  const remarks = new Map<string, string>();
  const troubles = new Map(
    peers.flatMap(({ name, needs }): [string, string][] => {
      const missing = needsCommand(needs);
      return missing ? [[name, missing]] : [];
    }),
  );
  for (const size of sizes) {
    bench.progress(`making a host with ${size} guests`);
    const crowd = await Crowd.make(bench, spaces, `peers-${size}`, size);
    for (const peer of peers) await remark(crowd.place, peer, remarks);
    all.set(size, await timeAll(crowd, bench.quick || size > 100 ? 1 : 2, bench.progress, troubles));
  }
  const changes = await measureChanges(bench, spaces, bench.quick ? 1 : 4, troubles);
  const names = ['ours', ...peers.map(({ name }) => name)];
  const series = (what: 'load' | 'more') =>
    names.map((name) => ({
      name: name === 'ours' ? 'virt-shaper' : name,
      values: [...all.values()].map((times) => medianOf(times.get(name), what)),
    }));
  const plot = (what: 'load' | 'more', title: string) => ({
    name: `peers-${what}`,
    kind: 'lines' as const,
    title,
    unit: 's' as const,
    axis: 'guests; a line ends where ten seconds were not enough for the next',
    labels: sizes.map((size) => size.toLocaleString('en-US')),
    series: series(what),
    log: true,
  });
  return {
    name: 'peers',
    title: 'The same by other means',
    rows: [
      ...[...all].flatMap(([size, times]) => rowsOf(size, times, remarks)),
      ...changes,
      ...[...troubles].map(leftOut),
    ],
    plots: [plot('load', 'Loading all guests'), plot('more', 'One guest more')],
  };
};

/** Notes what a way asks for that this kernel does not have. */
async function remark(place: Place, peer: Peer, remarks: Map<string, string>): Promise<void> {
  const lacking: string[] = [];
  for (const [what, command] of Object.entries(peer.asks ?? {})) {
    const probe = [
      'tc qdisc replace dev vnet0 root handle 1: htb default 1',
      'tc class replace dev vnet0 parent 1: classid 1:1 htb rate 1mbit',
      'tc qdisc add dev vnet0 ingress 2>/dev/null || :',
      command.replace('DEV', 'vnet0'),
    ];
    const { status } = await place.run('sh', ['-e'], { input: `${probe.join('\n')}\n`, status: null });
    if (status !== 0) lacking.push(what);
    await place.sh('tc qdisc del dev vnet0 root; tc qdisc del dev vnet0 ingress');
  }
  if (lacking.length > 0) remarks.set(peer.name, `this kernel has no ${lacking.join(', ')}: without it`);
}

function leftOut([name, why]: [string, string]): Row {
  const none = Number.NaN;
  return {
    what: `${name}: left out`,
    unit: 's',
    ours: none,
    spread: [none, none],
    note: why.trim().split('\n').at(-1) ?? '',
  };
}
