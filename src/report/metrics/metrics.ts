// Metrics for Prometheus: figures of the classes, and health. By its conventions sizes are in bytes and rates in bytes per second, so
// rate(..._bytes_total) / ..._ceil_bytes_per_second is the used share.

import type { Ledger } from '../../ledger/ledger.ts';
import type { FaultKind } from '../../observe/fault.ts';
import type { Freshness } from '../../observe/freshness.ts';
import type { GuestRow } from '../../observe/guests.ts';
import type { InUse } from '../../observe/read-in-use.ts';
import { version } from '../../system/version.ts';
import { countGuests } from '../summary.ts';
import { classFamilies, directFamily } from './classes.ts';
import { exposition, type MetricFamily, type Sample } from './exposition.ts';
import { infoFamily } from './info.ts';
import { limitFamilies } from './limits.ts';
import { usageFamilies } from './usage.ts';
import { volumeFamilies } from './volumes.ts';

/** The first line of every report, by which a file of ours is recognised. */
export const metricsHead = '# HELP virt_shaper_';

/** @param ledger the use so far; absent where nothing was ever counted */
export function reportMetrics(inUse: InUse, asked: Freshness, ledger?: Ledger): string {
  return exposition(families(inUse, asked, ledger));
}

function* families(inUse: InUse, asked: Freshness, ledger: Ledger | undefined): Generator<MetricFamily> {
  yield gauge('build_info', 'The version that wrote this.', one(1, { version }));
  yield* stateFamilies(inUse, asked);
  yield* loadFamilies(asked);
  yield* guestFamilies(inUse.guests);
  yield infoFamily(inUse);
  yield* classFamilies(inUse.uplinks);
  yield directFamily(inUse.uplinks);
  yield* limitFamilies(inUse.limits);
  yield* volumeFamilies(inUse.allowances);
  yield* usageFamilies(ledger);
}

function stateFamilies(inUse: InUse, asked: Freshness): MetricFamily[] {
  const drift = Object.entries(driftOf(inUse, asked)).map(([kind, value]) => ({ labels: { kind }, value }));
  const states = Object.entries(countGuests(inUse.guests));
  return [
    gauge('loaded', 'Whether any rules are in force.', one(asked.loaded)),
    gauge(
      'config_in_force',
      'Whether the configuration is still the one in force.',
      one(!asked.configChanged),
    ),
    gauge(
      'rules_in_force',
      'Whether rules.d says what is in force.',
      one(asked.loaded && !asked.rulesChanged),
    ),
    gauge(
      'drift',
      'What the kernel holds otherwise than it was loaded, as far as it shows without listing every filter.',
      drift,
    ),
    gauge(
      'guests',
      'Guests by how they are shaped.',
      states.map(([state, value]) => ({ labels: { state }, value })),
    ),
  ];
}

/** The drift: how many objects of each kind are not as loaded. */
function driftOf({ guests, inner, table }: InUse, { loaded }: Freshness): Record<string, number> {
  const faults = [...guests.flatMap((row) => row.faults), ...inner.map(({ fault }) => fault)];
  const of = (wanted: FaultKind) => faults.filter(({ kind }) => kind === wanted).length;
  return {
    class_missing: of('class'),
    class_changed: of('changed'),
    redirect_missing: of('redirect'),
    table_changed: loaded && table !== 'as loaded' ? 1 : 0,
  };
}

function loadFamilies({ history: { loads, failures, last } }: Freshness): MetricFamily[] {
  const ended = last.at === undefined ? [] : one(last.at / 1000);
  return [
    counter('loads_total', 'Loads since boot that changed something.', one(loads)),
    counter('load_failures_total', 'Loads since boot that failed.', one(failures)),
    gauge('last_load_timestamp_seconds', 'When the last load ended, however it did.', ended),
    gauge('last_load_success', 'Whether the last load succeeded.', one(last.error === undefined)),
  ];
}

function guestFamilies(guests: GuestRow[]): MetricFamily[] {
  const named = ({ guest, group = '', uplink = '' }: GuestRow) => ({ guest, group, uplink });
  return [
    gauge(
      'guest_shaped',
      'Whether a guest that should be shaped is, in both directions and by all of its taps.',
      guests
        .filter((row) => row.state !== 'gone' && row.state !== 'left out')
        .map((row) => ({ labels: named(row), value: row.state === 'shaped' ? 1 : 0 })),
    ),
    gauge(
      'guest_reason',
      'Why a guest is not shaped, or not as it would be; always 1.',
      guests.flatMap((row) =>
        row.faults.map(({ kind }) => ({
          labels: { ...named(row), state: row.state, kind },
          value: 1,
        })),
      ),
    ),
  ];
}

function gauge(name: string, help: string, samples: Sample[]): MetricFamily {
  return { name: `virt_shaper_${name}`, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: Sample[]): MetricFamily {
  return { name: `virt_shaper_${name}`, type: 'counter', help, samples };
}

function one(value: number | boolean, labels: Record<string, string> = {}): Sample[] {
  return [{ labels, value: Number(value) }];
}
