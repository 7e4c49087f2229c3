// The running guests beside those that virt-shaper has noted: a guest that no hook reported is unshaped until the next sync.
import type { Config } from '../config/config.ts';
import type { Guest } from '../guests/guest.ts';
import { GuestIndex } from '../guests/list.ts';
import type { Host } from '../host/host.ts';
import { repair } from '../observe/fault.ts';
import type { GuestRow } from '../observe/guests.ts';
import { label } from '../text/label.ts';
import { type AddressFacts, checkAddresses } from './addresses.ts';
import type { Attempt, Finding } from './finding.ts';
import { checkForgers } from './forgers.ts';

export interface GuestFacts {
  /** The guests noted by hook and sync. */
  noted: Attempt<Guest[]>;
  /** The running guests, by these notes, libvirt's status files and the kernel's taps together. */
  running: Guest[];
  /** `TAP GUEST` of each NIC that the rules in force know. */
  inForce: Set<string>;
  /** libvirt's status files that could not be parsed. */
  unread: { name: string; reason: string }[];
  devices: Host['devices'];
  bridges: string[];
  /** The configured uplinks; one of them may be a tap as well, of a VPN for example. */
  uplinks: string[];
  /** Whether a policy is in force. */
  loaded: boolean;
  /** What shapes a guest that no load has seen, as `status` has it. */
  remedies?: Map<string, string>;
  /** Absent when the configuration has errors. */
  config?: Config;
  hostAddresses: AddressFacts['hostAddresses'];
}

export function checkGuests(facts: GuestFacts): Finding[] {
  const about = { check: 'guests', subject: 'guests' };
  const { noted, running } = facts;
  if ('failed' in noted) {
    return [
      { ...about, level: 'problem', detail: noted.failed, ...(noted.hint ? { hint: noted.hint } : {}) },
    ];
  }
  const [known, seen] = [new GuestIndex(noted.value), new GuestIndex(running)];
  const found = [
    ...running.flatMap((guest) => checkRunning(guest, known, facts)),
    ...noted.value.flatMap((guest) => checkNoted(guest, seen, syncHint(facts))),
    ...facts.unread.map(
      ({ name, reason }): Finding => ({ ...about, level: 'warning', subject: label(name), detail: reason }),
    ),
    ...checkStrayTaps(facts),
    ...checkForgers(facts),
    ...checkAddresses(facts),
  ];
  const detail = running.length === 0 ? 'none runs' : `${running.length} running`;
  return [{ ...about, level: 'ok', detail }, ...found];
}

/** What shapes the guests that are not, by their rows of `status`; a NIC that is shaped has remedies of another kind. */
export function remediesOf(rows: Pick<GuestRow, 'guest' | 'uplink' | 'faults'>[]): Map<string, string> {
  return new Map(
    rows
      .filter(({ uplink }) => uplink === undefined)
      .flatMap(({ guest, faults }) =>
        faults.flatMap(({ remedy }) => (remedy ? [[guest, remedy] as const] : [])),
      ),
  );
}

/** Where nothing is in force, an apply finds them as a sync does; without a valid configuration neither does anything. */
function syncHint({ loaded, config }: GuestFacts): string {
  if (loaded) return repair;
  return config ? 'virt-shaper apply' : 'once there is a configuration without mistakes: virt-shaper apply';
}

function checkRunning(guest: Guest, noted: GuestIndex<Guest>, facts: GuestFacts): Finding[] {
  const about = { check: 'guest.unnoted', level: 'problem' as const, subject: label(guest.name) };
  const known = noted.get(guest);
  const { inForce, remedies } = facts;
  const hint = remedies?.get(guest.name) ?? syncHint(facts);
  const taps = guest.nics.map(({ tap }) => tap).filter((tap) => !known?.nics.some((nic) => nic.tap === tap));
  if (known && taps.length === 0) return [];
  if (taps.length > 0 && taps.every((tap) => inForce.has(`${tap} ${guest.name}`))) {
    return [{ ...about, level: 'warning', detail: 'runs and is in force, and is not noted any more', hint }];
  }
  if (!known) return [{ ...about, detail: 'runs, and virt-shaper was never told: it is not shaped', hint }];
  return [
    { ...about, detail: `has a NIC that virt-shaper does not know of, unshaped: ${taps.join(', ')}`, hint },
  ];
}

function checkNoted(guest: Guest, running: GuestIndex<Guest>, hint: string): Finding[] {
  if (running.has(guest)) return [];
  const subject = label(guest.name);
  const detail =
    'does not run any more, or has lost its taps, and virt-shaper was not told: what it had is left over';
  return [{ check: 'guest.gone', level: 'warning', subject, detail, hint }];
}

/** Taps on a bridge that belong to no known guest: made by hand, or by something other than libvirt. */
function checkStrayTaps(facts: GuestFacts): Finding[] {
  const { devices, running, bridges, uplinks } = facts;
  const owned = new Set([...uplinks, ...running.flatMap(({ nics }) => nics.map(({ tap }) => tap))]);
  return bridges.flatMap((bridge): Finding[] => {
    const stray = [...devices]
      .filter(([name, { tap, master }]) => tap && master === bridge && !owned.has(name))
      .map(([name]) => label(name));
    if (stray.length === 0) return [];
    const names =
      stray.length > 6 ? `${stray.slice(0, 6).join(', ')} and ${stray.length - 6} more` : stray.join(', ');
    return [
      {
        check: 'guest.stray-taps',
        level: 'warning',
        subject: label(bridge),
        detail: `taps of no guest that virt-shaper knows, unshaped: ${names}`,
        hint: `guests of libvirt: ${syncHint(facts)}; others: hand their XML to virt-shaper hook`,
      },
    ];
  });
}
