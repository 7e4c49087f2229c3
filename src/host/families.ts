// IPv4 and IPv6, as far as asking for a route differs between them.

export interface AddressFamily {
  name: 'IPv4' | 'IPv6';
  /** Of ip. */
  option: string;
  /** An address of the world: any that nobody is likely to have a route of its own for. */
  world: string;
  /** The setting without which the host sends nothing on. */
  forwarding: string;
  /** The kernel's file of who is where; of IPv6 there is none. */
  neighbours?: string;
  /** Bits of the smallest network's prefix that has room for another address than the host's. */
  least: number;
}

export const families: AddressFamily[] = [
  {
    name: 'IPv4',
    option: '-4',
    world: '4.0.0.1',
    forwarding: 'ipv4/ip_forward',
    neighbours: '/proc/net/arp',
    least: 30,
  },
  { name: 'IPv6', option: '-6', world: '2600::1', forwarding: 'ipv6/conf/all/forwarding', least: 124 },
];

/**
 * Another address of the same network, as somebody on it might have.
 * @param length of the prefix, at most `least`
 * @param taken of others: what a rule says of theirs is not about somebody
 */
export function neighbourOf(address: string, length: number, taken: Set<string>): string {
  if (address.includes(':')) {
    // Not the network's first address, which is every router's.
    const last = Number.parseInt(address.slice(-1), 16);
    return Number.isNaN(last) ? `${address}2` : `${address.slice(0, -1)}${(last ^ 2).toString(16)}`;
  }
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - length);
  const first = number - (number % size);
  // From the end, where fewer are than at the beginning.
  for (let other = first + size - 2; other > first; other -= 1) {
    const one = [24, 16, 8, 0].map((shift) => (other >>> shift) & 0xff).join('.');
    if (other !== number && !taken.has(one)) return one;
  }
  return address;
}
