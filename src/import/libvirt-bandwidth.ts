// One <inbound> or <outbound> element. libvirt implements inbound as an HTB class with the average as its rate, outbound as a
// policer at the average (src/util/virnetdevbandwidth.c). The average is thus a NIC's sustained rate, which is the ceil here;
// peak and burst only shape the time before that.

import { type Element, elementText } from '../guests/xml.ts';
import { formatRate } from '../units/rate.ts';
import type { Direction } from '../units/units.ts';
import type { LimitedNic } from './nic-limits.ts';
import { type Notes, quotation } from './notes.ts';

/** Bits in what libvirt calls a kilobyte: tc's "kbps". */
const kilobyte = 8000;

/** Adds the limits of the element to the NIC. */
export function readBandwidth(
  from: Element,
  way: Direction,
  nic: LimitedNic,
  offset: number,
  notes: Notes,
): void {
  const element = way === 'in' ? 'inbound' : 'outbound';
  const read = (attribute: string): number | undefined => {
    const text = elementText(from[`@${attribute}`]);
    if (text === undefined) return undefined;
    const bits = /^\s*\d+\s*$/.test(text) ? Number(text) * kilobyte : Number.NaN;
    if (bits <= Number.MAX_SAFE_INTEGER) return bits;
    const hint = 'libvirt counts whole kilobytes per second';
    notes.error(offset, `${nic.name}: ${element} ${attribute}=${quotation(text)} is not taken over`, hint);
    return undefined;
  };
  const average = read('average');
  if (average === 0) notes.warning(offset, `${nic.name}: ${element} average='0' is taken for no limit`);
  if (average) nic.ceil[way] = average;
  const floor = way === 'in' ? read('floor') : undefined;
  if (floor) {
    nic.rate[way] = floor;
    const message = `${nic.name}: its floor of ${formatRate(floor)} is taken as its rate (in)`;
    notes.warning(
      offset,
      message,
      'libvirt keeps floors on routed networks only, which have no uplink of their own',
    );
  }
  if (way === 'out' && from['@floor'] !== undefined) {
    notes.error(
      offset,
      `${nic.name}: outbound floor=${quotation(elementText(from['@floor']) ?? '')} means nothing to libvirt: not taken over`,
    );
  }
  const extra = ['peak', 'burst'].flatMap((attribute) => {
    const text = elementText(from[`@${attribute}`]);
    return text === undefined ? [] : `${attribute}=${quotation(text)}`;
  });
  if (extra.length > 0) {
    const message = `${nic.name}: ${element} ${extra.join(' and ')} not taken over: the ceil is the average`;
    notes.warning(
      offset,
      message,
      'how much a guest may burst is computed from its ceil; burst and cburst set it',
    );
  }
}
