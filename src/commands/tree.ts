// virt-shaper tree: the hierarchy of each uplink, both directions, as drawn lines or --json.
import { readIfGood } from '../load/good.ts';
import { reportTree } from '../report/tree.ts';
import type { Context } from './context.ts';
import { generateNow, sayPolicy } from './generate-now.ts';

export async function treeCommand(context: Context, { json }: { json?: boolean }): Promise<number> {
  const outputs = await generateNow(context);
  sayPolicy(context, outputs);
  if (readIfGood(context.paths.rules)?.['shape.tc'] !== outputs.rules['shape.tc']) {
    context.say('not in force as shown: virt-shaper render && virt-shaper plan says what differs');
  }
  context.print(json ? `${JSON.stringify(outputs.plan.uplinks, null, 2)}\n` : reportTree(outputs.plan));
  return 0;
}
