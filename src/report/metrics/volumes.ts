// Metrics of volumes and credit, in separate families for guests and groups. The direction `both` is the sum of the two.
import type { AllowancesInUse, QuotaInUse } from '../../observe/volumes.ts';
import type { Volume } from '../../policy/moment/quotas.ts';
import type { MetricFamily, Sample } from './exposition.ts';

export function volumeFamilies({ quotas, credits }: AllowancesInUse): MetricFamily[] {
  return [
    ...(['guest', 'group'] as const).flatMap((kind) => quotaFamilies(kind, quotas)),
    {
      name: 'virt_shaper_guest_credit_bytes',
      type: 'gauge',
      help: 'What a guest may still send above its ceil with its boost; less than nothing is owed.',
      samples: credits.map(({ guest, way, left }) => ({ labels: { guest, direction: way }, value: left })),
    },
    {
      name: 'virt_shaper_guest_credit_volume_bytes',
      type: 'gauge',
      help: 'The most credit that a guest may have.',
      samples: credits.map(({ guest, way, volume }) => ({
        labels: { guest, direction: way },
        value: volume,
      })),
    },
  ];
}

function quotaFamilies(kind: 'guest' | 'group', all: QuotaInUse[]): MetricFamily[] {
  const own = all.filter((one) => one.kind === kind);
  const samples = (value: (volume: Volume, of: QuotaInUse) => number): Sample[] =>
    own.flatMap((one) =>
      one.volumes.map((volume) => ({
        labels: { [kind]: one.name, direction: volume.way },
        value: value(volume, one),
      })),
    );
  return [
    {
      name: `virt_shaper_${kind}_quota_bytes`,
      type: 'gauge',
      help: `The volume of a ${kind} in its period, of one direction or both together.`,
      samples: samples(({ volume }) => volume),
    },
    {
      name: `virt_shaper_${kind}_quota_used_bytes`,
      type: 'gauge',
      help: `What of that was used by the last sync.`,
      samples: samples(({ used }) => used),
    },
    {
      name: `virt_shaper_${kind}_quota_end_timestamp_seconds`,
      type: 'gauge',
      help: `When its period ends.`,
      samples: samples((_, { end }) => end / 1000),
    },
  ];
}
