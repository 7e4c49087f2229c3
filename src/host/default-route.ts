// The device of the host's default route, from /proc/net.
import { readIfThere } from '../system/files.ts';

/** @returns IPv4's, else IPv6's; of several routes the one with the lowest metric */
export function readDefaultRoute(): string | undefined {
  const four = lines('/proc/net/route').flatMap(([device = '', to, , flags, , , metric, mask]) =>
    to === '00000000' && mask === '00000000' && (Number(`0x${flags}`) & up) !== 0
      ? { device, metric: Number(metric) }
      : [],
  );
  const six = lines('/proc/net/ipv6_route').flatMap(([to, length, , , , metric, , , flags, device = '']) =>
    /^0{32}$/.test(to ?? '') && length === '00' && (Number(`0x${flags}`) & (up | reject)) === up
      ? { device, metric: Number(`0x${metric}`) }
      : [],
  );
  const [first] = [four, six].flatMap((routes) => routes.sort((a, b) => a.metric - b.metric).slice(0, 1));
  return first?.device;
}

/** Flags of a route: RTF_UP, RTF_REJECT. */
const up = 0x1;
const reject = 0x200;

function lines(file: string): string[][] {
  return (readIfThere(file) ?? '').split('\n').map((line) => line.trim().split(/\s+/));
}
