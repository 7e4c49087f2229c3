// The configuration of the bash hook of 2010, bandwidth.conf, as TOML with the same meaning. The hook sourced
// it as root; here it is only read: nothing in it is run, expanded or looked up.

import type { Problem } from '../system/errors.ts';
import { SourceFile } from '../toml/source-file.ts';
import { Notes } from './notes.ts';
import { readNames } from './old-names.ts';
import { buildTree, type OldLink } from './old-tree.ts';
import { type OldGuest, readCeil, readGuest } from './old-values.ts';
import { type Assignment, readAssignments } from './shell-assignments.ts';
import { toToml } from './to-toml.ts';

/**
 * `file` is what messages call it. The TOML always passes the configuration check. Errors among the problems are
 * what could not be taken over, warnings what was taken over with a change or an assumption.
 */
export function importBandwidthConf(text: string, file: string): { toml: string; problems: Problem[] } {
  // Written on all kinds of machines; bash would have taken the carriage returns for part of the values.
  const source = new SourceFile(file, text.replace(/^\uFEFF/, '').replace(/\r(\n|$)/g, '$1'));
  const notes = new Notes(source);
  const names = readNames(lastOfEach(readAssignments(source, notes), notes), notes);
  const guests = names.guests.flatMap((guest) => readGuest(guest, notes) ?? []);
  const links = [...readLinks(names.links, notes), ...linksWithoutCeil(guests, names.links, notes)];
  const policy = buildTree(links, guests, notes);
  return {
    toml: toToml({ source: `From ${file}, by virt-shaper import.`, ...policy }),
    problems: notes.inOrder(),
  };
}

/** As in the shell a later assignment takes the place of an earlier one. */
function lastOfEach(assignments: Assignment[], notes: Notes): Assignment[] {
  const last = new Map(assignments.map((assignment) => [assignment.name, assignment]));
  return assignments.filter((assignment) => {
    const { name, line, value } = last.get(assignment.name) ?? assignment;
    const kept = last.get(name) === assignment;
    if (!kept && value !== assignment.value) {
      notes.warning(assignment.offset, `${name} is set again in line ${line}: that value counts`);
    }
    return kept;
  });
}

function readLinks(lines: Map<string, Assignment>, notes: Notes): OldLink[] {
  return Array.from(lines, ([device, assignment]) => {
    const ceil = readCeil(assignment, notes);
    return { device, from: `line ${assignment.line}`, ...(ceil !== undefined && { ceil }) };
  });
}

function linksWithoutCeil(guests: OldGuest[], known: Map<string, Assignment>, notes: Notes): OldLink[] {
  const links = new Map<string, OldLink>();
  for (const { device, line, offset } of guests) {
    if (known.has(device) || links.has(device)) continue;
    links.set(device, { device, from: `line ${line}, no ceil_${device}` });
    const hint = 'the speed that the kernel reports for it counts then';
    notes.warning(offset, `no ceil_${device} in the file: ${device} is imported without a ceil`, hint);
  }
  return [...links.values()];
}
