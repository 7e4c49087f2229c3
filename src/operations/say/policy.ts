// Reports the warnings of the policy and the guests that are not shaped, one line each.
import type { Outputs } from '../../pipeline.ts';
import { label } from '../../text/label.ts';
import type { Context } from '../context.ts';

export function sayPolicy(context: Context, outputs: Outputs): void {
  sayWarnings(context, outputs);
  sayUnshaped(context, outputs);
}

export function sayWarnings(context: Context, { policy }: Outputs): void {
  for (const warning of policy.warnings) context.warn(`warning: ${warning}`);
}

/** @param about only this guest; absent: all */
export function sayUnshaped(context: Context, { policy }: Outputs, about?: string): void {
  for (const { guest, tap, reason, kind } of policy.unshaped) {
    if (about !== undefined && guest !== about) continue;
    const whose = `guest ${label(guest)}${tap ? `, ${label(tap)}` : ''}`;
    if (kind === 'unlisted') context.detail(`${whose} is not shaped: ${reason}`);
    else if (kind === 'unsuited') context.say(`${whose} is not shaped: ${reason}`);
    else context.warn(`warning: ${whose}: ${reason}`);
  }
}
