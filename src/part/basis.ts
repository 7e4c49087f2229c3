// What rules were rendered from, as lines that can be compared with those of a later run, and the values of the former run
// that a new guest's lines depend on. With both, and the former rules, only the difference has to be rendered
// (generate-part.ts).
import type { Config } from '../config/config.ts';
import type { Guest } from '../guests/guest.ts';
import type { Device } from '../host/host.ts';
import type { Inputs, Outputs } from '../pipeline.ts';
import { ceilings, total } from '../policy/guarantees.ts';
import { isInForce } from '../policy/moment/moment.ts';
import type { UplinkPolicy } from '../policy/policy.ts';
import { outlineOf } from '../render/view.ts';
import { type Both, both, type Direction, directions } from '../units/units.ts';

export interface Basis {
  /** What every line may depend on: which uplinks there are, and which kinds of lines. */
  frame: string;
  warnings: string[];
  /** Names of the guests that the policy could not shape, wholly or in part. */
  unshaped: string[];
  /** Uplink -> bits per second that its guests' guarantees leave free. */
  room: Record<string, Both<number>>;
}

/** @returns undefined where the values of other guests may depend on who comes or goes */
export function basisOf({ policy, plan }: Outputs): Basis | undefined {
  const { uplinks, unshaped, warnings } = policy;
  if (unshaped.some(({ kind }) => kind === 'refused')) return undefined;
  const links = uplinks.map((uplink) => ({ uplink, link: both((direction) => linkOf(uplink, direction)) }));
  // Guarantees that do not fit the link are scaled down, those of all its guests.
  if (links.some(({ uplink, link }) => directions.some((way) => isScaled(uplink, way, link[way].name))))
    return undefined;
  const room = links.map(({ uplink: { name, guests }, link }) => {
    return [name, both((way) => link[way].limit - total(guests, way, 'effective'))] as const;
  });
  const classes = plan.uplinks.map(({ name, trees, arrival }) => {
    return [name, arrival, trees.out.link.id, trees.out.unmarked.id, trees.in.flooded?.id];
  });
  return {
    frame: JSON.stringify([outlineOf(plan), classes]),
    warnings,
    unshaped: [...new Set(unshaped.map(({ guest }) => guest))],
    room: Object.fromEntries(room),
  };
}

/** The link's own ceiling, which is the last of an uplink's ceilings. */
function linkOf(uplink: UplinkPolicy, direction: Direction): { name: string; limit: number } {
  const { name = '', limit = 0 } = [...ceilings(uplink, direction)].at(-1) ?? {};
  return { name, limit };
}

function isScaled({ guests }: UplinkPolicy, direction: Direction, name: string): boolean {
  return guests.some(({ origin }) =>
    origin.rate[direction].cuts.some((cut) => cut.by === 'sum' && cut.name === name),
  );
}

/** The pipeline's inputs as text, without the ids: a line for each guest and each device. */
export interface Lines {
  /** All other inputs: equal as long as only guests come and go. */
  common: string;
  guests: string[];
  devices: string[];
}

/** @returns undefined where a value may change as time passes (`when`, `quota`, `boost`) */
export function basisLines(inputs: Inputs): Lines | undefined {
  const { config, guests, host, moment, source } = inputs;
  if (changesByItself(config)) return undefined;
  const overrides = moment.overrides.filter((one) => isInForce(one, moment.now));
  return {
    common: JSON.stringify([source, host.kernel, [...(host.networks ?? [])], overrides]),
    guests: guests.map((guest) => JSON.stringify(guest)),
    devices: [...host.devices].map(([name, device]) => `${name} ${JSON.stringify(device)}`),
  };
}

function changesByItself({ defaults, uplinks, groups, guests }: Config): boolean {
  const entries: object[] = [defaults, ...uplinks.map(({ unmarked }) => unmarked), ...groups, ...guests];
  return entries.some((entry) => ['when', 'quota', 'boost'].some((key) => key in entry));
}

export function guestIn(line: string): Guest {
  return JSON.parse(line);
}

export function deviceIn(line: string): [name: string, device: Device] {
  const at = line.indexOf(' ');
  return [line.slice(0, at), JSON.parse(line.slice(at + 1))];
}
