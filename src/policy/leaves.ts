// The leaf of a class: that of its entry, of its group, of [defaults], or the kernel's best. Where the kernel lacks the
// configured kind, the class gets the kernel's best one, with a warning.
import type { LeafSettings } from '../config/leaf.ts';
import type { Kernel } from '../host/host.ts';
import { label } from '../text/label.ts';
import type { LeafOrigin, Sources } from './origin.ts';
import type { UplinkPolicy } from './policy.ts';

/** @returns nothing where none is configured */
export function findLeaf(
  { config, entry }: Sources,
  uplink: string,
  groupName: string | undefined,
): { settings: LeafSettings; origin: LeafOrigin } | undefined {
  const group = config.groups.find(({ name }) => name === groupName);
  const places = [
    ['on', entry?.on.get(uplink)?.leaf],
    ['entry', entry?.leaf],
    ['group', group?.on.get(uplink)?.leaf],
    ['group', group?.leaf],
    ['defaults', config.defaults.leaf],
  ] as const;
  for (const [from, setting] of places) {
    if (!setting) continue;
    const { value: settings, at } = setting;
    return { settings, origin: { from, kind: settings.kind, ...(at ? { at } : {}) } };
  }
  return undefined;
}

/** The configured leaf, or the one that takes its place where this kernel lacks it. */
export function possibleLeaf(asked: LeafSettings | undefined, { leaf, lacking }: Kernel): LeafSettings {
  return asked && !lacking?.includes(asked.kind) ? asked : { kind: leaf };
}

/** @returns a sentence for each kind that is configured and missing in this kernel */
export function lackingLeaves(uplinks: UplinkPolicy[], { leaf, lacking = [] }: Kernel): string[] {
  return lacking.flatMap((kind) => {
    const asks = (one: { leaf?: LeafSettings }) => one.leaf?.kind === kind;
    const guests = uplinks.flatMap((uplink) => uplink.guests.filter(asks).map(({ name }) => name));
    const unmarked = uplinks.filter((uplink) => asks(uplink.unmarked)).map(({ name }) => name);
    const flooded = uplinks.filter((uplink) => asks(uplink.flooded)).map(({ name }) => name);
    const who = [
      ...(guests.length > 0 ? [namesOf([...new Set(guests)].sort())] : []),
      ...unmarked.map((name) => `what is not marked on ${name}`),
      ...flooded.map((name) => `what is flooded on ${name}`),
    ];
    if (who.length === 0) return [];
    return [
      `${who.join(' and ')}: this kernel has no sch_${kind}, so the leaf is ${leaf} instead of ${kind}`,
    ];
  });
}

/** Lists the owners, abbreviated: one line of the configuration may concern many guests. */
function namesOf(guests: string[]): string {
  const shown = guests.length > 4 ? guests.slice(0, 3) : guests;
  const more = guests.length - shown.length;
  const list = shown.map(label).join(', ');
  return `guest${guests.length > 1 ? 's' : ''} ${list}${more > 0 ? ` and ${more} others` : ''}`;
}
