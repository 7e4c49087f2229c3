// Guests that come and go, with libvirt's calls of the hook and without, and calls that cannot do their work.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../faults/random.ts';
import type { Guest, World } from '../world.ts';
import { type Action, type Done, damage, harmless } from './action.ts';

function hook(world: World, guest: Guest, operation: string, folder?: string): void {
  world.program.run(['hook', 'qemu', guest.name, operation, 'begin', '-'], {
    input: world.xml(guest),
    ...(folder ? { folder } : {}),
  });
}

const stopped = (world: World) => world.guests.find(({ runs }) => !runs);

function pickRunning(world: World, random: Random): Guest | undefined {
  const running = world.running().filter(({ nics }) => nics.every(({ tap }) => !world.renamed.has(tap)));
  return running.length > 0 ? random.pick(running) : undefined;
}

function starts(calls: (world: World, guest: Guest) => void, how: string): Action {
  return (world): Done | undefined => {
    const guest = stopped(world);
    if (!guest) return undefined;
    world.begin(guest);
    calls(world, guest);
    return { text: `${guest.name} starts, ${how}` };
  };
}

function stops(calls: (world: World, guest: Guest) => void, how: string): Action {
  return (world, random): Done | undefined => {
    const guest = pickRunning(world, random);
    if (!guest || stopped(world)) return undefined;
    world.cease(guest);
    calls(world, guest);
    return { text: `${guest.name} stops, ${how}` };
  };
}

/** In the place of `tool`: it fails. */
function broken(world: World, tool: string): string {
  const folder = join(world.root, `broken-${tool}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, tool), '#!/bin/sh\necho "cannot allocate memory" >&2\nexit 1\n');
  chmodSync(join(folder, tool), 0o755);
  return folder;
}

export const guestActions: Record<string, Action> = {
  'guest starts': starts((world, guest) => hook(world, guest, 'start'), 'by the hook'),
  'guest starts unknown': starts(() => {}, 'without a hook'),
  'guest starts, tc fails': starts(
    (world, guest) => hook(world, guest, 'start', broken(world, 'tc')),
    'tc fails for the hook',
  ),
  'guest starts, nft fails': starts(
    (world, guest) => hook(world, guest, 'start', broken(world, 'nft')),
    'nft fails for the hook',
  ),
  'guest starts, hook killed': (world, random) => {
    const guest = stopped(world);
    if (!guest) return undefined;
    world.begin(guest);
    const kill = random.integer(50, 600);
    const args = ['hook', 'qemu', guest.name, 'start', 'begin', '-'];
    world.program.run(args, { input: world.xml(guest), kill });
    return { text: `${guest.name} starts, its hook is killed after ${kill} ms` };
  },
  'guest stops': stops((world, guest) => {
    hook(world, guest, 'stopped');
    hook(world, guest, 'release');
  }, 'by the hook'),
  'guest stops unknown': stops(() => {}, 'without a hook'),
  'guest restarts unknown': (world, random) => {
    const guest = pickRunning(world, random);
    if (!guest) return undefined;
    world.cease(guest);
    world.begin(guest);
    return { text: `${guest.name} stops and starts, without a hook` };
  },
  'libvirtd restarts': (world) => {
    for (const guest of world.running()) {
      world.writeStatus(guest);
      hook(world, guest, 'reconnect');
    }
    return harmless({ text: 'reconnect for every guest' });
  },
  'a hook for a guest that is well': (world, random) => {
    const guest = pickRunning(world, random);
    if (!guest) return undefined;
    hook(world, guest, 'started');
    return { text: `${guest.name}: started` };
  },
  "a guest's metadata changed": (world, random) => {
    if (!world.limits) return undefined;
    const cliff = world.guests.find(({ name }) => name === 'cliff') as Guest;
    const attributes = random.pick([
      'rate="3mbit" ceil="30mbit"',
      'ceil="900mbit"',
      'rate="lots"',
      'group="gold"',
      '',
    ]);
    world.metadata.set(cliff.name, attributes);
    if (cliff.runs) world.writeStatus(cliff);
    return { text: `the XML of cliff says ${attributes || 'nothing'}` };
  },
  'two syncs and a hook at once': (world, random) => {
    const guest = pickRunning(world, random);
    if (!guest || world.off || world.settings.mistake !== undefined) return undefined;
    world.program.runAll(
      [['sync'], ['hook', 'qemu', guest.name, 'start', 'begin', '-'], ['sync']],
      world.xml(guest),
    );
    return { text: `sync, a start of ${guest.name}, sync` };
  },
  traffic: (world) => {
    const nics = world.nics().map(({ nic }) => nic);
    for (let round = 0; round < 5; round += 1) world.wire.send(nics);
    return harmless({ text: 'traffic of every guest' });
  },
  'neighbours known anew': (world, random) =>
    damage(`bridge fdb flush dev ${random.pick(world.bridges()).bridge} nopermanent 2>/dev/null || :`),
};
