// virt-shaper tree: the hierarchy of each uplink, both directions, as drawn lines or --json.
import { reportTree } from '../report/tree.ts';
import type { Context } from './context.ts';
import { generateNow, sayPolicy } from './generate-now.ts';

export async function treeCommand(context: Context, { json }: { json?: boolean }): Promise<number> {
  const outputs = await generateNow(context);
  sayPolicy(context, outputs);
  context.print(json ? `${JSON.stringify(outputs.plan.uplinks, null, 2)}\n` : reportTree(outputs.plan));
  return 0;
}
