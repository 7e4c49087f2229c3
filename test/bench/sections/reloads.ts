// Reloads that change other guests' rates while a guest sends and receives: what it loses, and whether a counter
// begins anew. As test/lab/reload.test.ts has it.

import { makeReloadHost, reloadUnderTraffic } from '../../lab/reloads.ts';
import { Namespaces } from '../../support/netns.ts';
import type { Measure } from '../section.ts';
import { figures } from '../statistics.ts';

export const measure: Measure = async (bench) => {
  const reloads = bench.quick ? 3 : 100;
  bench.progress('making a host with five guests');
  const libvirt = await makeReloadHost(new Namespaces(), bench.scratch, bench.program);
  bench.progress(`${reloads} reloads under traffic`);
  const { seconds, out, into, samples, resets } = await reloadUnderTraffic(libvirt, reloads);
  const among = ({ packets }: { packets: number }) => `of ${packets.toLocaleString('en-US')}`;
  const none = { most: 0 };
  return {
    name: 'reloads',
    title: `${reloads} reloads that change other guests' rates, under traffic`,
    rows: [
      {
        what: 'packets lost, sending',
        unit: 'packets',
        ...figures([out.lost]),
        target: none,
        note: among(out),
      },
      {
        what: 'packets lost, receiving',
        unit: 'packets',
        ...figures([into.lost]),
        target: none,
        note: among(into),
      },
      {
        what: 'counters reset',
        unit: 'counters',
        ...figures([resets.length]),
        target: none,
        note: `in ${samples} looks at all classes`,
      },
      { what: 'a render and a load', unit: 's', ...figures([seconds / reloads]) },
    ],
    plots: [],
  };
};
