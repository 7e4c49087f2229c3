// What the tests of hostile guests share: a host with one who attacks and one who is attacked, and what has to hold.
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { emulated } from '../support/patience.ts';
import { AttackedHost, inMbit, tcpShare } from './attacked-host.ts';

/** Why figures of attacks cannot be had here. */
export function needsFigures(): string | undefined {
  const slow = emulated ? 'figures of a machine that is not emulated' : undefined;
  return needsNamespace() ?? needsCommand('ip', 'tc', 'nft', 'iperf3', 'ping', 'perl') ?? slow;
}

/** Of a ceil. */
export const most = 1.05;
/** Of a guarantee. */
const least = 0.95;

export const two = (more = '', uplink = '') => `
[uplink.eth0]
ceil = "200mbit"
${uplink}
[guest.mallory]
rate = "5mbit"
ceil = "10mbit"
${more}
[guest.bob]
rate = "20mbit"
ceil = "30mbit"
`;

export function on(
  config: string,
  guests: string[],
  body: (host: AttackedHost) => Promise<void>,
  routed: string[] = [],
): () => Promise<void> {
  return async () => {
    const host = await AttackedHost.make(config, guests, routed);
    try {
      await body(host);
      // Nobody who is attacked says that something is wrong.
      await host.do('verify');
    } finally {
      host.end();
    }
  };
}

/** The attack goes on, and its ceil is kept. */
export function within(what: string, wire: number, ceil: number, atLeast = 0.85): void {
  assert.ok(
    wire <= most * ceil && wire >= atLeast * ceil,
    `${what}: ${inMbit(wire)} of ${inMbit(ceil)} mbit`,
  );
}

/** @param got payload of TCP */
export function keeps(what: string, got: number, guarantee: number): void {
  assert.ok(
    got >= least * guarantee * tcpShare,
    `${what}: TCP at ${inMbit(got)} mbit, guaranteed ${inMbit(guarantee)}`,
  );
}
