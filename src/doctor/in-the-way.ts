// Qdiscs, devices and chains of other programs at the places that virt-shaper needs. It never replaces them, so each is for
// the administrator to decide on.
import type { Guest } from '../guests/guest.ts';
import { foreignFamilies } from '../kernel/nft/listing.ts';
import type { KernelState } from '../kernel/objects.ts';
import { occupiedBy } from '../observe/redirect-faults.ts';
import { ifbName, tableName } from '../plan/names.ts';
import { label } from '../text/label.ts';
import type { Finding } from './finding.ts';

/** The part of the kernel's state that shows them. */
export type Obstacles = Pick<
  KernelState,
  'foreignRoots' | 'occupiedTaps' | 'present' | 'devices' | 'hasTable' | 'loaded' | 'isUnrecorded' | 'ruleset'
>;

/**
 * @param uplinks names of the uplinks that bridges lead to
 * @param shaped taps of guests that the policy limits; a qdisc on any other tap does not conflict with it
 */
export function checkInTheWay(
  state: Obstacles,
  uplinks: string[],
  guests: Guest[],
  shaped: Set<string>,
): Finding[] {
  const taps = guests
    .flatMap(({ name, nics }) => nics.map((nic) => ({ guest: name, ...nic })))
    .filter(({ tap }) => shaped.has(tap));
  const found: Finding[] = [
    ...uplinks.flatMap((uplink) => checkUplink(state, uplink)),
    ...taps.flatMap(({ guest, tap, bandwidth }) => checkTap(state, guest, tap, bandwidth === true)),
    ...checkTable(state),
  ];
  if (found.length > 0) return found;
  const places = [...uplinks, ...(taps.length > 4 ? [`${taps.length} taps`] : taps.map(({ tap }) => tap))];
  const detail = places.length > 0 ? `nothing of others on ${places.join(', ')}` : 'nothing of others';
  return [{ check: 'in-the-way', level: 'ok', subject: 'in the way', detail }];
}

function checkUplink(state: Obstacles, uplink: string): Finding[] {
  const found: Finding[] = [];
  const root = state.foreignRoots.get(uplink);
  if (root) {
    found.push({
      check: 'root-qdisc',
      level: 'problem',
      subject: uplink,
      detail: `its root qdisc is somebody else's: ${root}; what guests send by it is not shaped`,
      hint: `if nobody needs it: tc qdisc del dev ${uplink} root`,
    });
  }
  const ifb = ifbName(uplink);
  if (state.present.has(ifb) && !state.devices.has(ifb)) {
    found.push({
      check: 'ifb',
      level: 'problem',
      subject: ifb,
      detail: `virt-shaper did not make this device, which stands where ${uplink}'s ifb goes`,
      hint: `if nobody needs it: ip link del dev ${ifb}`,
    });
  }
  return found;
}

function checkTap(state: Obstacles, guest: string, tap: string, bandwidth: boolean): Finding[] {
  const subject = tap;
  const owner = `guest ${label(guest)}`;
  const limits = `take <bandwidth> out of the XML; now: virsh domiftune ${quoted(guest)} ${tap} --inbound 0 --outbound 0 --live`;
  if (state.occupiedTaps.has(tap)) {
    const { reason, remedy } = occupiedBy(tap, bandwidth, quoted(guest));
    return [{ check: 'tap.ingress', level: 'problem', subject, detail: `${owner}: ${reason}`, hint: remedy }];
  }
  const root = state.foreignRoots.get(tap);
  if (root) {
    const detail = `${owner}: a root qdisc, as libvirt's <bandwidth><inbound> sets (${root}), so what it receives has two masters`;
    return [{ check: 'tap.root', level: 'warning', subject, detail, hint: limits }];
  }
  if (!bandwidth) return [];
  const detail = `${owner}: libvirt's own <bandwidth>, a second master`;
  return [{ check: 'tap.bandwidth', level: 'warning', subject, detail, hint: limits }];
}

/** Whether a name needs no quoting in a shell. */
function quoted(name: string): string {
  return /^[\w.@+:-]+$/.test(name) && !name.startsWith('-') ? name : 'GUEST';
}

function checkTable({ hasTable, loaded, ruleset }: Obstacles): Finding[] {
  if (!hasTable || loaded) return [];
  return foreignFamilies(ruleset).map(
    (family): Finding => ({
      check: 'table',
      level: 'problem',
      subject: 'nftables',
      detail: `there is a table ${family} ${tableName} that virt-shaper did not make`,
      hint: `if nobody needs it: nft delete table ${family} ${tableName}`,
    }),
  );
}
