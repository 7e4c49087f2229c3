// virt-shaper explain NAME: where each value of a guest or group comes from, and what the kernel has for it now.
import type { Context } from '../../operations/context.ts';
import { explainName } from '../../operations/explain-name.ts';
import { screenOf } from '../../operations/look.ts';
import { type Line, paint, textOf } from '../../text/spans.ts';

export async function explainCommand(
  context: Context,
  name: string,
  { json }: { json?: boolean },
): Promise<number> {
  const { mistaken, data, lines } = await explainName(context, name);
  if (json) context.print(`${JSON.stringify(data(), null, 2)}\n`);
  else
    context.print(
      lines(screenOf(process))
        .map((line) => `${onScreen(line, process)}\n`)
        .join(''),
    );
  return mistaken ? 2 : 0;
}

/** Painted on a terminal only. */
export function onScreen(line: Line, { stdout, env }: Pick<NodeJS.Process, 'stdout' | 'env'>): string {
  const terminal = stdout.isTTY === true && env.TERM !== 'dumb';
  return terminal ? paint(line, !env.NO_COLOR) : textOf(line);
}
