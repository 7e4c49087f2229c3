// The declaration of a command: its usage and description for commander, and the function that runs.
import type { Command } from 'commander';
import type { Context } from '../operations/context.ts';

/** @returns the exit status */
export type CommandAction = (
  context: Context,
  args: string[],
  options: Record<string, unknown>,
) => Promise<number>;

/** The returned command has the common options; add its own options, and an example as help text after them. */
export type Declare = (usage: string, description: string, action: CommandAction) => Command;
