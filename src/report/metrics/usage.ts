// Metrics of use from the ledger: counters that persist across stops, reloads and reboots, which those of the classes do not.
import type { Ledger } from '../../ledger/ledger.ts';
import { type SubjectKind, splitSubject } from '../../ledger/subject.ts';
import { directions } from '../../units/units.ts';
import type { MetricFamily, Sample } from './exposition.ts';

/** @param ledger absent where nothing was ever counted */
export function usageFamilies(ledger: Ledger | undefined): MetricFamily[] {
  const samples = (wanted: SubjectKind): Sample[] =>
    [...(ledger?.accounts ?? [])].flatMap(([subject, { total }]) => {
      const { kind, name } = splitSubject(subject);
      if (kind !== wanted) return [];
      return directions.map((direction) => ({
        labels: { [kind]: name, direction },
        value: total[direction],
      }));
    });
  const family = (kind: 'guest' | 'group' | 'uplink', what: string): MetricFamily => ({
    name: `virt_shaper_${kind}_used_bytes_total`,
    type: 'counter',
    help: `Bytes that were delivered to or from ${what}, over stops, reloads and reboots; counted once a minute.`,
    samples: samples(kind),
  });
  return [
    family('guest', 'a guest'),
    family('group', 'a group'),
    family('uplink', 'an uplink'),
    {
      name: 'virt_shaper_used_timestamp_seconds',
      type: 'gauge',
      help: 'Until when it is counted what was used.',
      samples: ledger ? [{ labels: {}, value: ledger.wall / 1000 }] : [],
    },
  ];
}
