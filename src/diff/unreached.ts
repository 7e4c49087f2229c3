// Unreached taps: gone since the rules were rendered, gone while they are loaded, or with a qdisc in the way.
import type { KernelState, State, TcObject } from '../kernel/objects.ts';

export interface Unreached {
  tap: string;
  /** `guest cliff` */
  subject: string;
  reason: string;
}

/** A step that the kernel refused, and its device. */
export interface DeviceRefusal {
  device: string;
  /** The message of tc or ip, with the line. */
  message: string;
  /** Key of the object that could not be deleted. */
  stays?: string;
}

/** The wanted state without unreached taps: only the tap's own guest goes unshaped. */
export function withoutUnreached(
  kernel: KernelState,
  asked: State,
  refusals: DeviceRefusal[] = [],
): { wanted: State; unreached: Unreached[] } {
  const objects = new Map(asked.objects);
  const unreached = new Map<string, Unreached>();
  for (const object of asked.objects.values()) {
    const reason = whyUnreached(kernel, object, refusals);
    if (reason === undefined) continue;
    objects.delete(object.key);
    unreached.set(object.device, unreachedTap(object, reason));
  }
  return { wanted: { ...asked, objects }, unreached: [...unreached.values()] };
}

function whyUnreached(
  kernel: KernelState,
  { kind, device }: TcObject,
  refusals: DeviceRefusal[],
): string | undefined {
  if (kind !== 'filter' && kind !== 'clsact') return undefined;
  if (!kernel.present.has(device)) return 'it is not there';
  if (!kernel.occupiedTaps.has(device)) return refusals.find((one) => one.device === device)?.message;
  return 'it has an ingress qdisc of others, which leaves no room for ours; virt-shaper doctor says what to do';
}

export function unreachedTap({ device, subject }: TcObject, reason: string): Unreached {
  return { tap: device, subject: subject ?? 'unknown', reason };
}
