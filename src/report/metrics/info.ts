// An info metric to join with other exporters: those of libvirt label a guest with `domain` and a NIC with `target_device` and
// `source_bridge`, so these labels have the same names. The value is always 1.
import type { InUse } from '../../observe/read-in-use.ts';
import type { MetricFamily } from './exposition.ts';

/** A sample for each tap; one for a guest without taps. */
export function infoFamily({ guests, inForce, uuids }: InUse): MetricFamily {
  const bridges = new Map(
    inForce.uplinks.flatMap(({ taps }) => taps.map(({ name, bridge }) => [name, bridge])),
  );
  return {
    name: 'virt_shaper_guest_info',
    type: 'gauge',
    help: 'What else a guest is known by, for each of its NICs, with labels as exporters of libvirt have them; always 1.',
    samples: guests.flatMap(({ guest, group = '', uplink = '', taps }) =>
      (taps.length > 0 ? taps : ['']).map((tap) => ({
        labels: {
          guest,
          group,
          uplink,
          domain: guest,
          uuid: uuids.get(guest) ?? '',
          target_device: tap,
          source_bridge: bridges.get(tap) ?? '',
        },
        value: 1,
      })),
    ),
  };
}
