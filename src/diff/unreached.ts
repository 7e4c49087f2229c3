// Taps that cannot be reached: gone since the rules were rendered, gone while they are loaded, or occupied.
import type { KernelState, State, TcObject } from '../kernel/objects.ts';

export interface Unreached {
  tap: string;
  /** `guest cliff` */
  subject: string;
  reason: string;
}

/** A tap that is gone, or occupied, costs its own guest only. */
export function withoutUnreached(
  kernel: KernelState,
  asked: State,
): { wanted: State; unreached: Unreached[] } {
  const objects = new Map(asked.objects);
  const unreached = new Map<string, Unreached>();
  for (const object of asked.objects.values()) {
    const reason = whyUnreached(kernel, object);
    if (reason === undefined) continue;
    objects.delete(object.key);
    unreached.set(object.device, unreachedTap(object, reason));
  }
  return { wanted: { ...asked, objects }, unreached: [...unreached.values()] };
}

function whyUnreached(kernel: KernelState, { kind, device }: TcObject): string | undefined {
  if (kind !== 'filter' && kind !== 'clsact') return undefined;
  if (!kernel.present.has(device)) return 'it is not there';
  if (!kernel.occupiedTaps.has(device)) return undefined;
  return 'it has an ingress qdisc of others, which leaves no room for ours; virt-shaper doctor says what to do';
}

export function unreachedTap({ device, subject }: TcObject, reason: string): Unreached {
  return { tap: device, subject: subject ?? 'unknown', reason };
}
