// The systemd units that run a sync: without them a NIC plugged into a running guest, or a guest that started while there
// started while the hook was away, stays unshaped until somebody runs "virt-shaper sync".

import { shellQuote } from '../hooks/hook-file.ts';
import { repair } from '../observe/fault.ts';
import { formatAge } from '../text/figures.ts';
import type { Finding } from './finding.ts';

export interface UnitFacts {
  name: string;
  /** systemd knows its file. */
  there: boolean;
  /** It starts at boot. */
  enabled: boolean;
  active: boolean;
  failed: boolean;
}

export interface ServiceFacts {
  /** Whether systemd is this host's init. */
  systemd: boolean;
  units: UnitFacts[];
  /** The crontab that runs a sync; absent where there is none. */
  cron?: string;
  /** Whether there is a configuration: without one a sync does nothing. */
  configured: boolean;
  /** The command line that runs this program with its options, whatever the PATH. */
  command: string[];
  /** The age of the last sync, in milliseconds; absent when there was none since boot. */
  lastSync?: number;
  /** Whether a policy is in force. */
  loaded: boolean;
}

/** The consequence of a missing unit, for each unit of ours. */
export const ownUnits = {
  'virt-shaper.service': 'no guest is shaped again at boot',
  'virt-shaper-watch.path': "libvirt's changes of running guests go unnoticed",
  'virt-shaper-sync.path': 'what was noticed is not followed',
  'virt-shaper-sync.timer': 'what nobody told of is not found',
} as const;

/** A oneshot unit: inactive is its normal state, only `failed` is a finding. */
export const syncUnit = 'virt-shaper-sync.service';

export const otherUnits = ['libvirtd.socket', 'virtqemud.socket', 'virtlxcd.socket'];

/** The timer fires every minute; up to two missed runs are no finding. */
const patience = 3 * 60_000;

export function checkServices(facts: ServiceFacts): Finding[] {
  const timer = facts.units.some(({ name, active }) => name === 'virt-shaper-sync.timer' && active);
  const isDue = facts.configured || facts.lastSync !== undefined;
  return [...checkUnits(facts), ...(isDue ? [checkLastSync(facts, timer)] : [])];
}

/** For a crontab: cron's PATH lacks /usr/sbin, and `%` ends a command there. */
export function cronLine(command: string[]): string {
  const words = [...command, '--quiet', 'sync', '--in-force']
    .map(shellQuote)
    .join(' ')
    .replaceAll('%', '\\%');
  return `echo ${shellQuote(`* * * * * root ${words}`)} > /etc/cron.d/virt-shaper`;
}

function checkUnits({ systemd, units, command, cron }: ServiceFacts): Finding[] {
  const about = { check: 'units', subject: 'units' };
  if (!systemd && cron !== undefined) {
    return [{ ...about, level: 'ok', detail: `systemd does not run this host, cron calls it by ${cron}` }];
  }
  if (!systemd) {
    return [
      {
        ...about,
        level: 'warning',
        detail: 'systemd does not run this host: nothing calls "virt-shaper sync" by itself',
        hint: `let cron do it: ${cronLine(command)}`,
      },
    ];
  }
  const ours = units.filter(({ name }) => name in ownUnits);
  if (!ours.some(({ there }) => there)) {
    return [
      {
        ...about,
        level: 'warning',
        detail: 'virt-shaper\'s units are not installed: nothing calls "virt-shaper sync" by itself',
        hint: 'they come with the package',
      },
    ];
  }
  // Enabling the service enables the other units as well, so there is one finding.
  const idle = ours.some((unit) => unit.name === service && isIdle(unit));
  const shown = ours.filter((unit) => !idle || unit.name === service || !isIdle(unit));
  return [...shown.map(checkUnit), ...checkSync(units)];
}

const service = 'virt-shaper.service';

/** Inactive: never started, or stopped by an administrator. */
function isIdle({ there, enabled, active, failed }: UnitFacts): boolean {
  return there && !failed && !(enabled && active);
}

function checkSync(units: UnitFacts[]): Finding[] {
  if (!units.some(({ name, failed }) => name === syncUnit && failed)) return [];
  const detail = 'its last run failed: what changes without a hook stays unshaped';
  const hint = `journalctl -u ${syncUnit}, or try it: ${repair}`;
  return [{ check: `unit.${syncUnit}`, level: 'problem', subject: syncUnit, detail, hint }];
}

function checkUnit({ name, there, enabled, active, failed }: UnitFacts): Finding {
  const about = { check: `unit.${name}`, subject: name };
  const without = `without it ${ownUnits[name as keyof typeof ownUnits]}`;
  if (failed) {
    const detail = `failed: ${without}`;
    return { ...about, level: 'problem', detail, hint: `systemctl status ${name}` };
  }
  if (!there) return { ...about, level: 'warning', detail: `not installed: ${without}` };
  const state = [enabled ? 'enabled' : 'not enabled', active ? 'active' : 'not active'].join(', ');
  if (enabled && active) return { ...about, level: 'ok', detail: state };
  // This enables the others as well.
  const hint = 'systemctl enable --now virt-shaper';
  return { ...about, level: 'warning', detail: `${state}: ${without}`, hint };
}

function checkLastSync({ lastSync, loaded }: ServiceFacts, timer: boolean): Finding {
  const about = { check: 'last-sync', subject: 'last sync' };
  const hint = timer ? 'systemctl status virt-shaper-sync.timer virt-shaper-sync.service' : repair;
  // An apply looks for guests as a sync does, and a host without a policy in force needs one anyway.
  const first = timer || loaded ? hint : 'virt-shaper apply';
  if (lastSync === undefined) return { ...about, level: 'warning', detail: 'none since boot', hint: first };
  const detail = formatAge(lastSync);
  if (lastSync <= patience) return { ...about, level: 'ok', detail };
  if (timer) return { ...about, level: 'problem', detail: `${detail}, though the timer should run`, hint };
  return { ...about, level: 'warning', detail, hint };
}
