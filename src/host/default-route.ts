// The device of the host's default route, from /proc/net.
import { readIfThere } from '../system/files.ts';

/** @returns the device of this host's default route, as parseDefaultRoute finds it */
export function readDefaultRoute(): string | undefined {
  return parseDefaultRoute(readIfThere('/proc/net/route'), readIfThere('/proc/net/ipv6_route'));
}

/**
 * @param four the text of /proc/net/route, where there is one
 * @param six that of /proc/net/ipv6_route
 * @returns IPv4's, else IPv6's; of several routes the one with the lowest metric that leads to a device
 */
export function parseDefaultRoute(four = '', six = ''): string | undefined {
  const routes = [
    ...byMetric(
      lines(four).flatMap(([device = '', to, , flags, , , metric, mask]) =>
        to === '00000000' && mask === '00000000' && (Number(`0x${flags}`) & up) !== 0 && device !== none
          ? { device, metric: Number(metric) }
          : [],
      ),
    ),
    ...byMetric(
      lines(six).flatMap(([to, length, , , , metric, , , flags, device = '']) =>
        /^0{32}$/.test(to ?? '') && length === '00' && (Number(`0x${flags}`) & (up | reject)) === up
          ? { device, metric: Number(`0x${metric}`) }
          : [],
      ),
    ),
  ];
  return routes[0]?.device;
}

/** Flags of a route: RTF_UP, RTF_REJECT. */
const up = 0x1;
const reject = 0x200;
/** What IPv4's file has for the device of a route of type unreachable, prohibit, blackhole or throw. */
const none = '*';

interface Route {
  device: string;
  metric: number;
}

function byMetric(routes: Route[]): Route[] {
  return routes.sort((a, b) => a.metric - b.metric);
}

function lines(text: string): string[][] {
  return text.split('\n').map((line) => line.trim().split(/\s+/));
}
