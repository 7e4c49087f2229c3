// Metrics of the limits inside the host: a family for each figure, labelled with guest and limit.
import type { LimitInUse } from '../../observe/limits.ts';
import type { MetricFamily, Sample } from './exposition.ts';

export function limitFamilies(limits: LimitInUse[]): MetricFamily[] {
  const samples = (value: (one: LimitInUse) => number | undefined): Sample[] =>
    limits.flatMap((one): Sample[] => {
      const figure = value(one);
      return figure === undefined ? [] : [{ labels: { guest: one.guest, limit: one.limit }, value: figure }];
    });
  return [
    {
      name: 'virt_shaper_local_dropped_packets_total',
      type: 'counter',
      help: 'Packets of a guest that a limit inside the host (local, pps, storm) dropped.',
      samples: samples(({ dropped }) => dropped.packets),
    },
    {
      name: 'virt_shaper_local_dropped_bytes_total',
      type: 'counter',
      help: 'Bytes of a guest that a limit inside the host dropped, without Ethernet headers.',
      samples: samples(({ dropped }) => dropped.bytes),
    },
    {
      name: 'virt_shaper_local_limit_bytes_per_second',
      type: 'gauge',
      help: 'What a guest may send inside the host, where that is a rate.',
      samples: samples(({ rate, unit }) => (unit === 'bits' ? rate / 8 : undefined)),
    },
    {
      name: 'virt_shaper_local_limit_packets_per_second',
      type: 'gauge',
      help: 'What a guest may send, where that is a number of packets.',
      samples: samples(({ rate, unit }) => (unit === 'packets' ? rate : undefined)),
    },
  ];
}
