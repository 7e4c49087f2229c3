// Guests that may forge addresses inside the host: by a neighbour's answers to a forged sender they spend that neighbour's
// limit, unless `local` says what they may send there. Nobody's fault, so no warning.
import type { Config } from '../config/config.ts';
import type { Guest, Nic } from '../guests/guest.ts';
import { findLimits } from '../policy/limits.ts';
import { findGroup, sourcesOf } from '../policy/origin.ts';
import { label } from '../text/label.ts';
import type { Finding } from './finding.ts';

/** More are counted only. */
const each = 6;

/** Filters of libvirt's own that pin less than both the Ethernet and the IP address; others' are taken for good. */
const weak = /^(?:allow-|no-|qemu-)/;

export function checkForgers({ running, config }: { running: Guest[]; config?: Config }): Finding[] {
  if (!config) return [];
  const names = running
    .filter((guest) => mayForge(guest) && !isLimited(config, guest))
    .map(({ name }) => name);
  if (names.length === 0) return [];
  const shown = names.slice(0, each).map(label).join(', ');
  const more = names.length > each ? ` and ${names.length - each} more` : '';
  return [
    {
      check: 'guest.forge',
      level: 'ok',
      subject: 'neighbours',
      detail: `may forge addresses, and may send neighbours what they like: ${shown}${more}`,
      note: 'against it: local = "100mbit", for example, in virt-shaper.toml(5), or <filterref filter=\'clean-traffic\'/> in their XML',
    },
  ];
}

function mayForge({ nics }: Guest): boolean {
  return nics.some(({ filter }: Nic) => filter === undefined || weak.test(filter));
}

/** Where its group is another on some uplink, that of its entry counts here. */
function isLimited(config: Config, guest: Guest): boolean {
  const sources = sourcesOf(config, guest);
  return findLimits(sources, findGroup(sources, '')?.name).local !== undefined;
}
