// virt-shaper tree: the hierarchy of each uplink, both directions, as drawn lines or --json.
import { join } from 'node:path';
import { readIfThere } from '../files.ts';
import { reportTree } from '../report/tree.ts';
import type { Context } from './context.ts';
import { generateNow, sayPolicy } from './generate-now.ts';

export async function treeCommand(context: Context, { json }: { json?: boolean }): Promise<number> {
  const outputs = await generateNow(context);
  sayPolicy(context, outputs);
  if (goodShape(context) !== outputs.rules['shape.tc']) {
    context.say('not in force as shown: virt-shaper render && virt-shaper plan says what differs');
  }
  context.print(json ? `${JSON.stringify(outputs.plan.uplinks, null, 2)}\n` : reportTree(outputs.plan));
  return 0;
}

function goodShape({ paths }: Context): string | undefined {
  return readIfThere(join(paths.rules, 'good/shape.tc'));
}
