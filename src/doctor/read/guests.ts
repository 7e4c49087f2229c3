// The guests that virt-shaper has noted, and the running ones by libvirt's status files and the kernel's taps.
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { reconcile } from '../../guests/reconcile.ts';
import { readStatusFiles } from '../../guests/status-files.ts';
import type { Device } from '../../host/host.ts';
import { readAddresses } from '../../host/read-host.ts';
import { readGuests } from '../../store/guests.ts';
import { guestsWithout, tryInForce } from '../../store/in-force-plan.ts';
import type { Paths } from '../../store/paths.ts';
import { isThere } from '../../system/files.ts';
import { attempt, had } from '../finding.ts';
import type { GuestFacts } from '../guests.ts';

export async function readGuestFacts(
  paths: Paths,
  devices: Map<string, Device>,
  bridges: string[],
  uplinks: string[],
  config: Config | undefined,
): Promise<GuestFacts> {
  const noted = await attempt(() => readGuests(paths.guests));
  const known = had(noted) ?? [];
  const status = readStatusFiles(paths.libvirtState, known);
  const running = reconcile(known, status, new Set(devices.keys()));
  const inForce = tryInForce(paths.rules);
  const nics = running.flatMap((guest) => guest.nics.map((nic) => ({ ...guest, nics: [nic] })));
  const lacking = new Set(inForce ? guestsWithout(inForce, nics) : nics);
  return {
    noted,
    running,
    inForce: new Set(
      nics.flatMap((one) => (lacking.has(one) ? [] : one.nics.map(({ tap }) => `${tap} ${one.name}`))),
    ),
    loaded: isThere(join(paths.rules, 'good')),
    unread: status.unread,
    devices,
    bridges,
    uplinks,
    hostAddresses: readAddresses([...bridges, ...uplinks]),
    ...(config ? { config } : {}),
  };
}
