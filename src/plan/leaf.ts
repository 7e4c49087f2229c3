// The leaf qdisc of a class with all parameters. Those that the configuration leaves open get the kernel's default, or a value
// that fits the class's ceil.
import { type LeafSettings, sfqFlows } from '../config/leaf.ts';
import { bfifoLimit, cakeMemory, codelTarget, fullFrame } from './arithmetic.ts';
import type { Leaf } from './plan.ts';

/**
 * @param handle in hexadecimal
 * @param ceil bits per second of its class
 * @param most bytes of the device's largest frame
 */
export function makeLeaf(handle: string, ceil: number, settings: LeafSettings, most = fullFrame): Leaf {
  return { handle: `${handle}:`, ...complete(settings, ceil, most) };
}

type Complete<T = Leaf> = T extends Leaf ? Omit<T, 'handle'> : never;

function complete(settings: LeafSettings, ceil: number, most: number): Complete {
  const { kind } = settings;
  switch (kind) {
    case 'bfifo':
      return { kind, limit: settings.limit ?? bfifoLimit(ceil, most) };
    case 'fq_codel':
      return {
        kind,
        limit: settings.limit ?? leafDefaults.packets,
        flows: settings.flows ?? leafDefaults.flows,
        quantum: settings.quantum ?? most,
        target: settings.target ?? codelTarget(ceil, most),
        interval: settings.interval ?? leafDefaults.interval,
        memoryLimit: settings.memory_limit ?? leafDefaults.memory,
        ecn: settings.ecn ?? true,
      };
    case 'sfq': {
      const limit = settings.limit ?? leafDefaults.depth;
      return {
        kind,
        limit,
        flows: flowsFor(limit),
        depth: settings.depth ?? leafDefaults.depth,
        quantum: settings.quantum ?? most,
        perturb: (settings.perturb ?? 0) / 1_000_000,
      };
    }
    case 'cake': {
      const rtt = settings.rtt ?? leafDefaults.interval;
      return {
        kind,
        diffserv: settings.diffserv ?? 'besteffort',
        isolation: settings.isolation ?? 'flows',
        nat: settings.nat ?? false,
        ackFilter: settings.ack_filter ?? false,
        splitGso: settings.split_gso ?? true,
        rtt,
        memoryLimit: settings.memory_limit ?? cakeMemory(ceil, rtt),
      };
    }
  }
}

/** The kernel's defaults of these kinds: packets, flows, microseconds, bytes. */
export const leafDefaults = { packets: 10_240, flows: 1024, interval: 100_000, memory: 2 ** 25, depth: 127 };

/** tc does not list an sfq's flows, so the number is not configurable: as many as it has packets. */
export function flowsFor(limit: number): number {
  return Math.min(limit, sfqFlows);
}
