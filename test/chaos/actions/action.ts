// A kind of thing that somebody does to a host, without asking virt-shaper.
import { spawnSync } from 'node:child_process';
import type { Random } from '../../faults/random.ts';
import type { Direction, Nic } from '../wire.ts';
import type { Guest, World } from '../world.ts';

export interface Done {
  /** What was done, as one would type it. */
  text: string;
  /** Takes away what stands until then. Without it, one sync must put all right. */
  undo?: () => void;
  /** Of what stands: whether it may keep these frames unshaped, whatever virt-shaper does. None unless told. */
  spoils?: (nic: Nic, direction: Direction) => boolean;
  /** Nothing of anybody's shaping is touched: what was in order stays so, for `verify` too. */
  harmless?: true;
  /** Files that views read are harmed: until a sync has mended them, a view may say that it cannot tell. */
  harms?: true;
}

/** @returns nothing where there is nothing to do it to, and then nothing was done */
export type Action = (world: World, random: Random) => Done | undefined;

/** Everything on one line of a shell. @returns whether it could be done */
export function attempt(command: string, input = ''): boolean {
  return spawnSync('sh', ['-ec', command], { input, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
}

/** Damage that one sync must mend. */
export function damage(command: string, input?: string): Done | undefined {
  return attempt(command, input) ? { text: input ? `${command} <<< ${input.trim()}` : command } : undefined;
}

/** What stands until `undo` is run; what it cannot undo, because others were there before, is left. */
export function foreign(
  command: string,
  undo: string,
  spoils: Done['spoils'] = () => false,
  input = '',
): Done | undefined {
  if (!attempt(command, input)) return undefined;
  const text = input ? `${command} <<< ${input.replace(/\s+/g, ' ').trim()}` : command;
  return { text, undo: () => attempt(undo), spoils };
}

export const harmless = (done: Done | undefined): Done | undefined => done && { ...done, harmless: true };

/** One that runs, with one of its NICs. */
export function pickNic(world: World, random: Random): { guest: Guest; nic: Nic } | undefined {
  const nics = world.nics().filter(({ nic }) => !world.renamed.has(nic.tap));
  return nics.length > 0 ? random.pick(nics) : undefined;
}

export const hex = (id: number) => id.toString(16);

export const onTap = (tap: string, way?: Direction) => (nic: Nic, direction: Direction) =>
  nic.tap === tap && (way ?? direction) === direction;

export const onUplink = (uplink: string, way?: Direction) => (nic: Nic, direction: Direction) =>
  nic.uplink === uplink && (way ?? direction) === direction;
