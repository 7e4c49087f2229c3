// Checks across entries: groups that must exist, ids that must be unique. Guests, groups and unmarked classes share one number
// space, the minor numbers of tc's classes.

import { counted } from '../../text/label.ts';
import type { Findings } from '../../toml/findings.ts';
import { byPlace, formatPlace } from '../../toml/place.ts';
import { formatPath } from '../../toml/write.ts';
import { nearest } from '../../units/nearest.ts';
import type { Config, GuestEntry, Setting } from '../config.ts';
import { checkChanges } from './changes.ts';
import { checkGuarantees } from './guarantees.ts';

/** Finds problems that no entry shows by itself. */
export function checkConfig(config: Config, findings: Findings): void {
  checkNames(config, findings);
  checkGroups(config, findings);
  checkRouted(config, findings);
  checkIds(config, findings);
  checkMarks(config, findings);
  checkGuarantees(config, findings);
  checkChanges(config, findings);
}

/** Two spellings of one name, with and without backslashes (pattern.ts), are two keys to TOML. */
function checkNames({ guests }: Config, findings: Findings): void {
  const first = new Map<string, GuestEntry>();
  for (const guest of guests.filter((entry) => !entry.pattern).sort((a, b) => byPlace(a.at, b.at))) {
    const other = first.get(guest.name);
    if (other) {
      findings.error(
        guest.at,
        `guest ${JSON.stringify(guest.name)} is already written at ${formatPlace(other.at)}`,
        'two backslashes in a name stand for one; put both parts under one header',
      );
    }
    first.set(guest.name, other ?? guest);
  }
}

/** A bridge is either below an uplink (`bridge`) or routed by it (`routed`), not both. */
function checkRouted({ uplinks }: Config, findings: Findings): void {
  for (const { name, at, bridges = [], routed = [] } of uplinks) {
    for (const { value, at: place = at } of routed) {
      if (!bridges.some((bridge) => bridge.value === value)) continue;
      findings.error(
        place,
        `${formatPath(['uplink', name, 'routed'])}: ${JSON.stringify(value)} is named as its bridge too`,
        `"bridge" is for one that ${name} is a port of, "routed" for one whose guests reach it by way of the host`,
      );
    }
  }
}

function checkGroups({ groups, guests, defaults }: Config, findings: Findings): void {
  const names = groups.map((group) => group.name);
  for (const group of defaults.metadata ? defaults.metadata.groups : [])
    check(group, ['defaults', 'metadata'], 'groups');
  for (const guest of guests) {
    const path = ['guest', guest.name];
    check(guest.group, path);
    for (const [uplink, values] of guest.on) check(values.group, [...path, 'on', uplink]);
  }

  function check(group: Setting<string> | undefined, path: string[], key = 'group'): void {
    if (!group?.at || names.includes(group.value)) return;
    const meant = nearest(group.value, names);
    findings.absence(
      group.at,
      `${formatPath([...path, key])}: there is no group ${JSON.stringify(group.value)}` +
        (meant === undefined ? '' : ` (did you mean "${meant}"?)`),
      meant === undefined ? `write a table [${formatPath(['group', group.value])}] with a ceil` : undefined,
    );
  }
}

function checkIds({ uplinks, groups, guests }: Config, findings: Findings): void {
  const ids = [
    ...groups.map(({ name, id }) => ({ path: ['group', name], id })),
    ...guests.map(({ name, id }) => ({ path: ['guest', name], id })),
    ...uplinks.map(({ name, unmarked }) => ({ path: ['uplink', name, 'unmarked'], id: unmarked.id })),
  ].flatMap(({ path, id }) => (id?.at ? { path, value: id.value, at: id.at } : []));

  const first = new Map<number, (typeof ids)[number]>();
  for (const id of ids.sort((a, b) => byPlace(a.at, b.at))) {
    const other = first.get(id.value);
    if (other === undefined) {
      first.set(id.value, id);
      continue;
    }
    // Each uplink has its own trees, so unmarked classes of different uplinks may share an id.
    if (other.path[0] === 'uplink' && id.path[0] === 'uplink') continue;
    findings.error(
      id.at,
      `${formatPath(id.path)}.id: 0x${id.value.toString(16)} is taken by ${formatPath(other.path)} ` +
        `(${formatPlace(other.at)})`,
      'guests, groups and the unmarked share one set of ids; give one of the two another, or leave it out',
    );
  }
}

/** Each uplink of a bridge has its own range of marks, one above the other (plan/names.ts). */
function checkMarks({ markBase, uplinks }: Config, findings: Findings): void {
  const room = (0xffff0000 - markBase) / 0x10000 + 1;
  const bridges = new Set(uplinks.flatMap(({ bridges = [] }) => bridges.map(({ value }) => value)));
  for (const bridge of bridges) {
    const own = uplinks.filter((uplink) => uplink.bridges?.some(({ value }) => value === bridge));
    if (own.length <= room) continue;
    findings.error(
      own.at(-1)?.at,
      `[marks] base = 0x${markBase.toString(16)} leaves marks for ${counted(room, 'uplink')} of ${bridge}, and it has ${own.length}`,
      `a base of at most 0x${(0xffff0000 - (own.length - 1) * 0x10000).toString(16)}`,
    );
  }
}
