// A host with two uplinks, of which one has what the test is about, and a guest there that can be reached: cliff, whose
// tap is vnet0.
import { sh, type TestHost } from './host.ts';

export const config = `
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
[uplink.eth1]
bridge = "br1"
ceil = "1gbit"
[defaults]
rate = "1mbit"
ceil = "20mbit"
[guest.cliff]
id = 0x10
[guest.rob]
id = 0x11
[guest.ann]
id = 0x12
[guest.joe]
id = 0x13
`;

/** Taps that are not said to be on br1 are on br0. */
export function makeUplinks(host: TestHost, onSecond: string[]): void {
  host.bridge('br0', 'eth0').bridge('br1', 'eth1');
  for (const tap of ['vnet0', 'vnet1', 'vnet2']) host.tap(tap, onSecond.includes(tap) ? 'br1' : 'br0');
  sh(`ip netns add guest; ip link set g-vnet0 netns guest; ip -n guest addr add 10.9.9.2/24 dev g-vnet0
      ip -n guest link set g-vnet0 up address 52:54:00:6d:90:01; ip addr add 10.9.9.1/24 dev w-eth0`);
}

export function endUplinks(host: TestHost): void {
  sh('ip netns del guest');
  host.end();
}

/** @throws when its answers do not come */
export function reachGuest(): void {
  sh('ping -q -c 3 -i 0.1 -W 2 10.9.9.2 || ping -q -c 5 -i 0.3 -W 2 10.9.9.2');
}
