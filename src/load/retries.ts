// Whether a load of which the kernel has refused a line is tried again without that line's device: one uplink or tap costs
// its own guests only, and nobody else.
import { concerns, hasTree } from '../diff/obstacles.ts';
import type { DeviceRefusal } from '../diff/unreached.ts';
import type { State } from '../kernel/objects.ts';
import type { RefusedLine } from './batch.ts';

/** A load is tried again without refused devices at most so often: more refusals have a common cause. */
const most = 8;

export class Retries {
  /** What the next try is to do without. */
  readonly refusals: DeviceRefusal[] = [];
  private readonly doubted = new Set<string>();

  /**
   * @param wanted the state that the rules describe
   * @returns whether to try again; never for a refusal that the last try already knew of
   */
  accept(
    { device, reason: message, stays }: Pick<RefusedLine, 'device' | 'reason' | 'stays'>,
    wanted: State,
  ): boolean {
    const { refusals, doubted } = this;
    const isKnown = refusals.some((one) => one.device === device && one.stays === stays);
    if (refusals.length === most || isKnown || !concerns(device, wanted)) return false;
    // For a tree the first refusal only leads to a second look, which may find an obstacle and name it.
    if (doubted.has(device) || !hasTree(device, wanted))
      refusals.push({ device, message, ...(stays === undefined ? {} : { stays }) });
    doubted.add(device);
    return true;
  }
}
