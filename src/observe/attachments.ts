// What a guest's shaping hangs on besides its classes: that its tap is there and in its bridge, that the tap
// sends what it gets to the ifb, and that the table leads its frames to its classes.
import type { Owners } from '../kernel/nft/owners.ts';

export interface Holding {
  /** Names of all network devices. */
  devices: Set<string>;
  /** Bridge -> its ports. */
  ports: Map<string, Set<string>>;
  /** Devices with a clsact. */
  clsacts: Set<string>;
  table: TableState;
}

/**
 * `as loaded`: nobody has changed it. `changed`: whose frames it leads where is compared with what was loaded.
 * `missing`: nothing is marked.
 */
export type TableState =
  | { kind: 'as loaded' }
  | { kind: 'changed'; held: Owners; loaded: Owners }
  | { kind: 'missing' };
