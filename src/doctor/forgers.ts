// Guests that may forge addresses inside the host: by a neighbour's answers to a forged sender they spend that neighbour's
// limit, unless `local` says what they may send there. Nobody's fault, so no warning.
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

/** Where its group is another on some uplink, that of its entry counts here. */
function isLimited(config: Config, guest: Guest): boolean {
  const sources = sourcesOf(config, guest, everyday);
  return findLimits(sources, findGroup(sources, '')?.name).local !== undefined;
}
