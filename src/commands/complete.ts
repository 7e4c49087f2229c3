// virt-shaper names KIND, for shell completion only: prints the names that could be typed now, one on each line. A message
// would disturb the line that somebody is typing, so what cannot be read is left out and the status is always 0.
import { readConfig } from '../config/read-config.ts';
import { type CommonOptions, type Context, makeContext } from '../operations/context.ts';
import { readGuests } from '../store/guests.ts';
import { readInForce } from '../store/in-force-plan.ts';
import { directions } from '../units/units.ts';

/** `guests`: all known guests. `known`: guests and groups, for `explain`. `in-force`: the guests of `status`. */
export const kindsOfNames = ['guests', 'known', 'in-force'] as const;
type Kind = (typeof kindsOfNames)[number];

type Names = (context: Context) => string[];

const guests = [guestsInForce, guestsRunning, guestsConfigured];
const sources: Record<Kind, Names[]> = {
  guests,
  known: [...guests, groupsInForce, groupsConfigured],
  'in-force': [guestsInForce, groupsInForce],
};

/** @param kind one of `kindsOfNames`; any other has no names */
export function namesCommand(options: CommonOptions, kind: string): void {
  const known = kindsOfNames.find((one) => one === kind);
  const context = attempt(() => makeContext(options));
  if (!known || !context) return;
  const names = sources[known].flatMap((read) => attempt(() => read(context)) ?? []);
  context.print(
    [...new Set(names)]
      .filter(isShowable)
      .map((name) => `${name}\n`)
      .join(''),
  );
}

/** A name with control characters is left out: shells print names as they are, and a line break would end one. */
function isShowable(name: string): boolean {
  return name !== '' && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name);
}

function guestsInForce({ paths }: Context): string[] {
  const { uplinks, unshaped } = readInForce(paths.rules);
  const taps = uplinks.flatMap((uplink) => uplink.taps);
  return [...taps, ...unshaped].map(({ guest }) => guest);
}

function groupsInForce({ paths }: Context): string[] {
  return readInForce(paths.rules).uplinks.flatMap(({ trees }) =>
    directions.flatMap((direction) => trees[direction].groups.map(({ group }) => group.name)),
  );
}

function guestsRunning({ paths }: Context): string[] {
  return readGuests(paths.guests).map(({ name }) => name);
}

function guestsConfigured({ paths }: Context): string[] {
  return readConfig(paths.config).config.guests.flatMap(({ name, pattern }) => (pattern ? [] : name));
}

function groupsConfigured({ paths }: Context): string[] {
  return readConfig(paths.config).config.groups.map(({ name }) => name);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
