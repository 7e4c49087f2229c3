// The policy in force: what the last load put there, the kernel's drift from it, and guests whose limits do not hold.

import { type FaultKind, notes, repair } from '../observe/fault.ts';
import type { GuestRow } from '../observe/guests.ts';
import type { History } from '../store/history.ts';
import type { InForce } from '../store/in-force-plan.ts';
import { formatAge } from '../text/figures.ts';
import { label } from '../text/label.ts';
import { type Attempt, type Finding, unread } from './finding.ts';

export interface InForceFacts {
  /** The current time, in milliseconds since 1970. */
  now: number;
  history: Attempt<History>;
  /** Whether a policy is loaded. */
  loaded: boolean;
  /** Whether the kernel has our rules while the files that describe them are gone. */
  lost?: boolean;
  /** The number of differences between the kernel and what was loaded. */
  drift: Attempt<number>;
  /** Whether nobody knows what was loaded into the nftables table, which counts as a difference. */
  isUnrecorded?: boolean;
  inForce: Attempt<InForce>;
  /** The state of each guest's NIC, as `status` shows it. */
  rows: Attempt<GuestRow[]>;
  /**
   * Whether a render would now make other rules than those in force: they are stale. Absent where that could not be computed;
   * the section with the reason reports it.
   */
  outdated?: Attempt<boolean>;
}

export function checkInForce(facts: InForceFacts): Finding[] {
  return [
    checkHistory(facts),
    checkDrift(facts),
    ...checkOutdated(facts),
    ...checkShaped(facts),
    ...checkPassing(facts),
  ];
}

function checkHistory({ history, now, loaded }: InForceFacts): Finding {
  const about = { check: 'last-load', subject: 'last load' };
  if ('failed' in history) {
    const hint = 'nothing depends on it; the next load that changes something makes it anew';
    return { ...about, level: 'warning', detail: history.failed, hint };
  }
  const { at, error } = history.value.last;
  if (at === undefined) {
    if (loaded) return { ...about, level: 'ok', detail: 'not since boot' };
    const detail = 'none: nothing is shaped';
    return {
      ...about,
      level: 'warning',
      detail,
      hint: 'virt-shaper check, then: virt-shaper apply',
    };
  }
  if (error === undefined) return { ...about, level: 'ok', detail: formatAge(now - at) };
  const [first = '', ...more] = error.replace(/^virt-shaper: /, '').split('\n');
  const detail = `failed ${formatAge(now - at)}: ${first}`;
  const hint = [...more.map((line) => line.trim()), `once that is mended: ${repair}, or again what failed`];
  return { ...about, level: 'problem', detail, hint: hint.join('\n') };
}

function checkDrift({ drift, loaded, lost, isUnrecorded }: InForceFacts): Finding {
  const about = { check: 'kernel-state', subject: 'kernel state' };
  if ('failed' in drift) return unread('kernel-state', 'kernel state', drift);
  if (drift.value === 0) return { ...about, level: 'ok', detail: loaded ? 'as loaded' : 'nothing loaded' };
  if (lost) {
    const detail = 'what was loaded is in the kernel, and its rules are gone from the disk';
    return {
      ...about,
      level: 'problem',
      detail,
      hint: 'virt-shaper sync makes them anew, by the saved configuration',
    };
  }
  if (isUnrecorded && loaded && drift.value === 1) {
    const detail = 'nobody knows whether it is as loaded: the record of the nftables table in /run is gone';
    return { ...about, level: 'warning', detail, hint: `${repair} loads it anew` };
  }
  const things = drift.value === 1 ? 'one thing' : `${drift.value} things`;
  return {
    ...about,
    level: 'problem',
    detail: loaded
      ? `differs from what was loaded in ${things}`
      : `${things} of virt-shaper's that no load knows of`,
    hint: loaded
      ? `virt-shaper verify shows what somebody changed, ${repair} puts it right`
      : 'virt-shaper verify shows them, virt-shaper load takes them over, virt-shaper unload takes them out',
  };
}

function checkOutdated({ outdated, loaded }: InForceFacts): Finding[] {
  const about = { check: 'rules', subject: 'rules' };
  if (!outdated || !loaded) return [];
  if ('failed' in outdated) {
    const hint = outdated.hint ? { hint: outdated.hint } : {};
    return [{ ...about, level: 'warning', detail: `cannot be made now: ${outdated.failed}`, ...hint }];
  }
  if (!outdated.value) return [{ ...about, level: 'ok', detail: 'in force as configured' }];
  const detail = 'the configuration or the guests have changed since: other rules are in force';
  const hint = 'virt-shaper apply --dry-run shows what for, virt-shaper apply loads it';
  return [{ ...about, level: 'warning', detail, hint }];
}

function checkShaped({ inForce: attempted, rows }: InForceFacts): Finding[] {
  if ('failed' in attempted) {
    return [
      {
        check: 'in-force',
        level: 'warning',
        subject: 'in force',
        detail: attempted.failed,
        hint: `${repair} makes it anew`,
      },
    ];
  }
  const { uplinks, unshaped, warnings } = attempted.value;
  const ignored = unshaped.filter(({ kind }) => kind === 'unlisted' || kind === 'needless');
  // libvirt's own <bandwidth> is reported with its tap, and a bridge without an uplink with the bridges.
  const elsewhere = ['contested', 'unreachable'];
  const less = unshaped.filter((one) => !ignored.includes(one) && !elsewhere.includes(one.kind));
  const counts = uplinks.map(({ name, taps }) => {
    const planned = new Set(taps.map(({ guest }) => guest)).size;
    return countShaped('value' in rows ? rows.value : [], name, planned);
  });
  const others = ignored.length > 0 ? `${ignored.length} left alone: no entry, or no uplink` : '';
  const detail = [...counts, others].filter(Boolean).join(', ');
  return [
    ...(detail ? [{ check: 'shaped', level: 'ok' as const, subject: 'shaped', detail }] : []),
    ...less.map(
      ({ guest, tap, reason, kind }): Finding => ({
        check: 'guest.unshaped',
        level: kind === 'unable' ? 'problem' : kind === 'unsuited' ? 'ok' : 'warning',
        subject: label(guest),
        detail: `${tap ? `${tap} ` : ''}not shaped: ${reason}`,
      }),
    ),
    ...warnings.map(
      (warning): Finding => ({ check: 'policy', level: 'warning', subject: 'policy', detail: warning }),
    ),
  ];
}

/** The count of limited guests, as `status` has it. @param planned the number in the plan, where the kernel could not be read */
function countShaped(rows: GuestRow[], uplink: string, planned: number): string {
  const due = rows.filter((row) => row.uplink === uplink && row.state !== 'gone');
  const shaped = due.filter(({ state }) => state === 'shaped').length;
  return due.length > shaped
    ? `${shaped} of ${due.length} on ${uplink}`
    : `${due.length || planned} on ${uplink}`;
}

/** Reported where the obstacle is: with the network, the running guests, or the policy above. */
const saidElsewhere: FaultKind[] = ['occupied', 'contested', 'refused', 'unreachable', 'unable'];

/** Whether each guest's frames reach its class, as `status` has it. */
function checkPassing({ rows, drift }: InForceFacts): Finding[] {
  // Why the kernel could not be read is reported with its state.
  if ('failed' in rows) return 'failed' in drift ? [] : [unread('passing', 'frames', rows)];
  return rows.value
    .filter(({ state }) => state !== 'left out' && state !== 'gone')
    .flatMap(({ guest, faults }) =>
      faults
        .filter(
          ({ kind, direction }) => !saidElsewhere.includes(kind) && (kind !== 'root' || direction === 'in'),
        )
        .map(
          ({ kind, tap, reason, remedy }): Finding => ({
            check: `passing.${kind}`,
            // An unload was asked for by an administrator; that no guest is limited is reported all the same.
            level: notes.includes(kind) || kind === 'unloaded' ? 'warning' : 'problem',
            subject: label(guest),
            detail: tap === undefined || reason.includes(tap) ? reason : `${tap}: ${reason}`,
            ...(remedy === undefined ? {} : { hint: remedy }),
          }),
        ),
    );
}
