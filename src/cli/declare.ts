// How a command is declared: its usage and one line on what it does as commander has them, and what runs.
import type { Command } from 'commander';
import type { Context } from '../operations/context.ts';

/** @returns the exit status */
export type Action = (context: Context, args: string[], options: Record<string, unknown>) => Promise<number>;

/** The command has the common options already; add its own, and an example as help text after it. */
export type Declare = (usage: string, description: string, action: Action) => Command;
