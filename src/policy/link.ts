// An uplink before any guest is on it: the link's speed, and the guarantee of the unmarked class.
import type { UplinkEntry } from '../config/config.ts';
import { type Host, routesOver } from '../host/host.ts';
import { formatPath } from '../toml/write.ts';
import { formatRate } from '../units/rate.ts';
import { type Both, both, type Direction } from '../units/units.ts';
import { type Compared, forNowOf } from './moment/for-now.ts';
import type { Moment } from './moment/moment.ts';
import { stepsOf } from './moment/steps.ts';
import { type ClassPolicy, type Guarantee, tuningOf, type UplinkPolicy } from './policy.ts';
import type { FoundUplink } from './uplinks.ts';

/** The minimum Ethernet frame in bytes, without its checksum: a NIC pads shorter ones. */
const leastFrame = 60;

/** The assumed speed, in bits per second, of a link whose speed neither the configuration nor the kernel has. */
const assumedSpeed = 10_000_000_000;

export function newUplink(
  host: Host,
  { name, ports, entry }: FoundUplink,
  moment: Moment,
  warnings: string[],
): UplinkPolicy {
  const { speed, isRemembered } = host.devices.get(name) ?? {};
  const mtus = [name, ...ports.map((port) => port.name)].flatMap((one) => host.devices.get(one)?.mtu ?? []);
  if (!entry?.ceil && speed === undefined) {
    warnings.push(
      `the kernel does not know the speed of ${name}: ${formatRate(assumedSpeed)} is assumed; ` +
        `set [${formatPath(['uplink', name])}] ceil so that guarantees hold when the link is full`,
    );
  }
  const link = both((direction) => entry?.ceil?.[direction].value ?? speed ?? assumedSpeed);
  const flooded = floodedClass(entry, link);
  return {
    name,
    ports: [...ports],
    routes: routesOver(host.devices, name),
    link,
    ...(mtus.length > 0 ? { mtu: Math.max(...mtus) } : {}),
    counting: {
      overhead: entry?.overhead ?? { value: 0 },
      mpu: entry?.mpu ?? { value: leastFrame + (entry?.overhead?.value ?? 0) },
    },
    linkOrigin: both((direction) => {
      const at = entry?.ceil?.[direction].at;
      return at
        ? { from: 'entry', at }
        : { from: speed === undefined ? 'assumed' : isRemembered ? 'remembered' : 'kernel' };
    }),
    tuning: tuningOf(entry),
    unmarked: unmarkedClass(name, entry, moment, link, flooded),
    flooded,
    ...(entry?.unmarked.id ? { unmarkedId: entry.unmarked.id.value } : {}),
    groups: [],
    guests: [],
  };
}

/**
 * Unmarked traffic, that of the host itself and its management, always has a guarantee: unless configured, 1 % of the link, at
 * least 1 mbit, at most a tenth; in the receiving direction flooded frames get a part of it.
 */
function unmarkedClass(
  uplink: string,
  entry: UplinkEntry | undefined,
  moment: Moment,
  link: Both<number>,
  flooded: ClassPolicy,
): ClassPolicy {
  const stepOf = (key: 'rate' | 'ceil', direction: Direction, value: number) =>
    stepsOf(moment, { kind: 'unmarked', name: uplink }, entry?.unmarked ?? {}, key, direction, value).at(-1);
  const ceil = both((direction) => {
    const own = entry?.unmarked.ceil?.[direction].value ?? link[direction];
    const step = stepOf('ceil', direction, own);
    const [value, usual] = [step?.to ?? own, own].map((one) => Math.min(one, link[direction]));
    return { value, usual, ...(step ? { step } : {}) } as Compared;
  });
  const rate = both((direction) => {
    const share = Math.min(Math.max(link[direction] / 100, 1_000_000), link[direction] / 10);
    const others = direction === 'in' ? flooded.rate.in.effective : 0;
    const left = entry?.flooded.rate ? 0 : others;
    const own = entry?.unmarked.rate?.[direction].value ?? wholeBytes(wholeBytes(share) - left);
    const step = stepOf('rate', direction, own);
    const asked = step ? Math.min(step.to, wholeBytes(link[direction] - others)) : own;
    const { value: most, usual } = ceil[direction];
    const value = Math.min(asked, most);
    return {
      configured: most < usual ? value : asked,
      value,
      usual: Math.min(own, usual),
      ...(step ? { step } : {}),
    };
  });
  return {
    name: 'unmarked',
    rate: both((direction) => ({
      configured: rate[direction].configured,
      effective: rate[direction].value,
    })),
    ceil: both((direction) => ceil[direction].value),
    ...forNowOf(ceil, rate),
    ...nobodys(entry?.unmarked),
  };
}

/**
 * Flooded frames: broadcast, multicast and unknown unicast, which a bridge sends to every guest, each copy counted. Unless
 * configured, their ceil is a tenth of the link, and their guarantee minimal.
 */
function floodedClass(entry: UplinkEntry | undefined, link: Both<number>): ClassPolicy {
  const ceil = both((direction) => {
    const share = wholeBytes(Math.max(link[direction] / 10, 1_000_000));
    return Math.min(entry?.flooded.ceil?.[direction].value ?? share, link[direction]);
  });
  const rate = both((direction): Guarantee => {
    const share = wholeBytes(Math.min(Math.max(link[direction] / 1000, 100_000), link[direction] / 100));
    const configured = entry?.flooded.rate?.[direction].value ?? share;
    const left = wholeBytes(link[direction] - (entry?.unmarked.rate?.[direction].value ?? 0));
    return { configured, effective: Math.min(configured, ceil[direction], left) };
  });
  return { name: 'flooded', rate, ceil, ...nobodys(entry?.flooded) };
}

function nobodys(entry: UplinkEntry['flooded'] | undefined): Pick<ClassPolicy, 'tuning' | 'leaf'> {
  const leaf = entry?.leaf?.value;
  return { tuning: tuningOf(entry), ...(leaf ? { leaf } : {}) };
}

/** Rounds to whole bytes per second, in which tc counts. */
function wholeBytes(bits: number): number {
  return Math.max(8, Math.floor(bits / 8) * 8);
}
