// Whether what a guest may send to everybody on its bridge is limited now, told by frames.
import type { Random } from '../faults/random.ts';
import type { Truth } from './frames.ts';
import { type Nic, stormFrames } from './wire.ts';
import { stormLimit, type World } from './world.ts';

export interface Storm {
  nic: Nic;
  isLimited: boolean;
  shown: string;
}

/** nft lets so many pass at once. */
const atOnce = 10;

/** @returns nothing where no two are joined, or where the machine was too slow to tell */
export function lookAtStorm(world: World, truths: Truth[], random: Random): Storm | undefined {
  if (!world.limits) return undefined;
  const nics = truths.flatMap(({ nic, joined, direction }) => (joined && direction === 'out' ? nic : []));
  const pairs = nics.flatMap((nic) =>
    nics.flatMap((other) => (other !== nic && other.bridge === nic.bridge ? [[nic, other] as const] : [])),
  );
  if (pairs.length === 0) return undefined;
  const [nic, neighbour] = random.pick(pairs);
  const { arrived, seconds } = world.wire.storm(nic, neighbour);
  const most = atOnce + Math.ceil(stormLimit * (seconds + 0.1));
  if (most >= stormFrames || arrived === 0) return undefined;
  return {
    nic,
    isLimited: arrived <= most,
    shown: `${arrived} of ${stormFrames} for everybody from ${nic.tap}`,
  };
}
