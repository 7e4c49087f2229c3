// What a user feels: how long virsh takes to start and to destroy a guest, with the hook installed and without, by real
// libvirtds that differ in nothing else; and with a hook file that does nothing, which is what libvirt itself takes to call.
import { Namespaces } from '../../support/netns.ts';
import { type Hook, LibvirtHost, needsLibvirt } from '../host/libvirt-host.ts';
import type { Measure, Row } from '../section.ts';
import { compared } from '../statistics.ts';

const guest = { name: 'cliff', number: 13 };
const hooks: Hook[] = ['ours', 'none', 'idle'];
const actions = ['start', 'destroy'] as const;

export const measure: Measure = async (bench) => {
  const lacks = needsLibvirt();
  if (lacks) return { lacks };
  const rounds = bench.quick ? 2 : 11;
  bench.progress('making three hosts with libvirt');
  const spaces = new Namespaces();
  const hosts = new Map<Hook, LibvirtHost>();
  const times = new Map<string, number[]>();
  for (const [index, hook] of hooks.entries()) {
    const host = await LibvirtHost.make(bench, spaces, 2 + index, hook);
    await host.define([guest]);
    hosts.set(hook, host);
  }
  // The first time libvirt asks qemu what it can do, and virt-shaper the kernel.
  for (const host of hosts.values()) await life(host);
  bench.progress(`a guest starts and is destroyed, ${rounds} times on each, in turn`);
  for (let round = 0; round < rounds; round += 1) {
    // Nobody always comes after the same one.
    for (const [hook, host] of round % 2 === 0 ? [...hosts] : [...hosts].reverse()) {
      const took = await life(host);
      for (const action of actions) {
        const key = `${action} ${hook}`;
        times.set(key, [...(times.get(key) ?? []), took[action]]);
      }
    }
  }
  const get = (action: string, hook: Hook) => times.get(`${action} ${hook}`) ?? [];
  return {
    name: 'virsh',
    title: 'virsh with the hook installed, against without',
    rows: actions.flatMap((action): Row[] => [
      {
        what: `virsh ${action}`,
        unit: 's',
        ...compared(get(action, 'ours'), get(action, 'none')),
        bareIs: 'without a hook',
        target: { most: 1.15 },
      },
      {
        what: '  against a hook that does nothing',
        unit: 's',
        ...compared(get(action, 'ours'), get(action, 'idle')),
        bareIs: 'a file of sh that ends at once',
      },
    ]),
    plots: [],
  };
};

/** @returns seconds of each. What libvirt does not wait for has ended before the next one is timed. */
async function life(host: LibvirtHost): Promise<Record<(typeof actions)[number], number>> {
  const start = await host.virsh('start', guest.name);
  host.settle();
  const destroy = await host.virsh('destroy', guest.name);
  host.settle();
  return { start, destroy };
}
