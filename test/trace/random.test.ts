// The same walk over random policies: whoever is shaped reaches his own class on every way in and out, and
// nobody else's; whoever is not is left alone.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Host, stackOf } from '../../src/host/host.ts';
import type { Outputs } from '../../src/pipeline.ts';
import { bounded, randomWorld } from '../fuzz/random-world.ts';
import { generateFor } from '../support/world.ts';
import { type Network, readNetwork, type Traced, trace } from './trace.ts';

/** Every frame between a shaped guest and its uplink, with what the policy says of it. */
function* ways({ policy }: Outputs, network: Network, { devices }: Host) {
  for (const uplink of policy.uplinks) {
    for (const guest of uplink.guests) {
      for (const { name: tap, bridge } of guest.taps) {
        const near = uplink.ports.filter((one) => one.bridge === bridge);
        const host = near.length > 0 ? {} : { host: { in: 'port', out: 'port' } as const };
        for (const port of near.length > 0 ? near : uplink.ports) {
          const out = { iif: tap, oif: port.name, below: stackOf(devices, port.name).slice(1), ...host };
          yield { uplink, guest, direction: 'out' as const, tap, traced: trace(network, out) };
          const inward = { iif: port.name, oif: tap, ...host };
          yield { uplink, guest, direction: 'in' as const, tap, traced: trace(network, inward) };
        }
      }
    }
  }
}

function leafOf({ queue }: Traced): string {
  assert.is.not(queue, 'direct');
  return queue === 'direct' ? '' : `${queue.device} ${queue.path[0]?.id}`;
}

test('a shaped guest reaches a class whose ceilings are the policy’s, up to the link', () => {
  fc.assert(
    fc.property(randomWorld(), (world) => {
      const outputs = generateFor(world);
      const network = readNetwork(outputs.rules);
      const devices = new Map<string, string>();
      for (const { uplink, guest, direction, traced } of ways(outputs, network, world.host)) {
        const { queue } = traced;
        if (queue === 'direct') throw new Error(`${guest.name} is not shaped`);
        const group = uplink.groups.find(({ name }) => name === guest.group);
        const ceilings = [guest.ceil, ...(group ? [group.ceil] : []), uplink.link].map(
          (ceil) => ceil[direction],
        );
        assert.equal(
          queue.path.map(({ ceil }) => ceil),
          ceilings,
        );
        assert.is(queue.path[0]?.rate, guest.rate[direction].effective);
        assert.ok(direction === 'out' ? queue.device === uplink.name : network.ifbs.has(queue.device));
        const tree = `${uplink.name} ${direction}`;
        assert.is(devices.get(tree) ?? queue.device, queue.device, `${tree}: one device`);
        devices.set(tree, queue.device);
        assert.is(traced.priority, queue.path[0]?.id, 'the class the frame asks for is the one it gets');
      }
      assert.is(new Set(devices.values()).size, devices.size, 'each tree has a device of its own');
    }),
    bounded(120),
  );
});

test('no two guests share a class or a mark, and all marks of a guest end in its id', () => {
  fc.assert(
    fc.property(randomWorld(), (world) => {
      const outputs = generateFor(world);
      const owners = new Map<string, string>();
      for (const { guest, traced } of ways(outputs, readNetwork(outputs.rules), world.host)) {
        for (const held of [`mark ${traced.mark}`, `id ${traced.mark & 0xffff}`, leafOf(traced)]) {
          assert.is(owners.get(held) ?? guest.name, guest.name, held);
          owners.set(held, guest.name);
        }
      }
      const ids = [...owners.keys()].filter((held) => held.startsWith('id'));
      assert.is(ids.length, new Set(owners.values()).size);
      assert.not(owners.has('mark 0'));
    }),
    bounded(120),
  );
});

test('between taps, and at taps that are not shaped, nothing is marked and nothing queues', () => {
  fc.assert(
    fc.property(randomWorld(), (world) => {
      const outputs = generateFor(world);
      const network = readNetwork(outputs.rules);
      const shaped = new Set([...ways(outputs, network, world.host)].map(({ tap }) => tap));
      // A tap that is an uplink itself, as a router's, is one to all others.
      const ports = new Set(outputs.policy.uplinks.flatMap((uplink) => uplink.ports.map(({ name }) => name)));
      const taps = world.guests
        .flatMap(({ nics }) => nics.map(({ tap }) => tap))
        .filter((tap) => !ports.has(tap));
      const others = ['eth0', 'eth0.100', 'enp129s0f0np0v1'].flatMap((uplink) =>
        taps.filter((tap) => !shaped.has(tap)).map((tap) => [uplink, tap] as const),
      );
      const between = taps.flatMap((iif) => taps.map((oif) => [iif, oif] as const));
      const limited = new Set(outputs.plan.limits.guests.map(({ guest }) => guest));
      const owners = new Map(world.guests.flatMap(({ name, nics }) => nics.map(({ tap }) => [tap, name])));
      for (const [iif, oif] of [...others, ...between]) {
        const { mark, queue, rules, limits = [] } = trace(network, { iif, oif });
        assert.equal([mark, queue], [0, 'direct']);
        const isLimited = limited.has(owners.get(iif) ?? '');
        assert.ok(
          limits.length === 0 || isLimited,
          'only who has a limit inside the host counts against one',
        );
        // Where somebody may be limited, frames to neighbours are looked up, too.
        const { kinds } = outputs.plan.limits;
        if (!Object.values(kinds).some(Boolean)) assert.is(rules, shaped.size > 0 ? 1 : 0);
      }
    }),
    bounded(120),
  );
});

test.run();
