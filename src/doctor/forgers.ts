// Guests that can spoof source addresses inside the host: a neighbour's answers to a spoofed sender count against that
// neighbour's limit, unless `local` limits what the guest may send there. A note, not a warning: nothing is misconfigured.
import type { Config } from '../config/config.ts';
import { againstForgers, forgersText, mayForge } from '../guests/forge.ts';
import type { Guest } from '../guests/guest.ts';
import { findLimits } from '../policy/limits.ts';
import { everyday } from '../policy/moment/moment.ts';
import { findGroup, sourcesOf } from '../policy/origin.ts';
import { label } from '../text/label.ts';
import type { Finding } from './finding.ts';

export function checkForgers({ running, config }: { running: Guest[]; config?: Config }): Finding[] {
  if (!config) return [];
  const names = running
    .filter((guest) => mayForge(guest) && !isLimited(config, guest))
    .map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    {
      check: 'guest.forge',
      level: 'ok',
      subject: 'neighbours',
      detail: forgersText(names.map(label)),
      note: againstForgers,
    },
  ];
}

/** Whether `local` applies. A guest may be in another group on some uplink; here the group of its own entry counts. */
function isLimited(config: Config, guest: Guest): boolean {
  const sources = sourcesOf(config, guest, everyday);
  return findLimits(sources, findGroup(sources, '')?.name).local !== undefined;
}
