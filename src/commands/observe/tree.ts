// virt-shaper tree: the class hierarchy in force, for each uplink and direction, drawn with lines or as JSON.

import type { Context } from '../../operations/context.ts';
import { look, screenOf, select, selectBranches, usualInterval } from '../../operations/look.ts';
import { treeAsData } from '../../report/in-use-data.ts';
import { describeMistakes } from '../../report/problems.ts';
import { nothingLoaded, remarks } from '../../report/summary.ts';
import { reportTree } from '../../report/tree.ts';

export interface TreeOptions {
  json?: boolean;
  /** Seconds, as typed. */
  interval?: string;
}

export async function treeCommand(
  context: Context,
  names: string[],
  { json, interval = usualInterval }: TreeOptions,
): Promise<number> {
  const { inUse: all, asked } = await look(context, interval);
  const inUse = { ...all, guests: select(all.guests, names), uplinks: selectBranches(all.uplinks, names) };
  const mistaken = describeMistakes(asked.mistakes);
  if (!asked.loaded) {
    context.say(nothingLoaded(asked));
    if (mistaken) context.warn(mistaken);
  } else for (const remark of remarks(inUse, asked, Date.now())) context.say(remark);
  if (json) context.print(`${JSON.stringify(treeAsData(inUse), null, 2)}\n`);
  else if (inUse.uplinks.length > 0) context.print(reportTree(inUse, screenOf(process)));
  else if (asked.loaded) context.say('no guest that is to be shaped is running');
  return asked.mistakes.length > 0 ? 2 : 0;
}
