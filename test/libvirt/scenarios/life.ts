// A guest's life: start, reboots, and every way to its end.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Guest, inside, untilUp } from '../harness/guest.ts';
import type { Host } from '../harness/host.ts';
import { define, type LabHost, markedAtStart, untilShaped } from '../harness/lab.ts';
import { mustBeShaped, readObjects } from '../harness/shaped.ts';
import { nicsOf, runningGuests, virsh } from '../harness/virsh.ts';
import { waitFor } from '../harness/wait.ts';
import { mustReachItsCeil, type Scenario } from '../scenario.ts';

const cliff = { name: 'cliff', number: 11 };

/** What libvirt's networks leave in the host; we make no table of these families. */
const ofNetworks = /^table ip6? (?:filter|nat|mangle)$/;

export const last: Scenario = {
  title: 'unload leaves nothing',
  core: true,
  run: async ({ a }) => {
    await a.run('virt-shaper', ['unload']);
    const isOurs = (object: string) => !a.untouched.includes(object) && !ofNetworks.test(object.trim());
    const left = (await readObjects(a)).filter(isOurs);
    await a.run('virt-shaper', ['sync']);
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    return [];
  },
};

export const life: Scenario[] = [
  {
    title: 'start, destroy',
    core: true,
    run: async ({ a }) => {
      await startUp(a, cliff);
      const [[nic] = []] = await nicsOf(a, cliff.name);
      if (!markedAtStart(a).includes(`"${nic?.tap}" . "eth0"`)) throw new Error('not shaped before qemu ran');
      const figures = await mustReachItsCeil(cliff, { protocols: ['tcp', 'udp'] });
      await virsh(a, 'destroy', 'cliff');
      await mustBeShaped(a);
      return figures;
    },
  },
  {
    title: 'shutdown by the power button, and from inside',
    run: async ({ a }) => {
      await startUp(a, cliff);
      await virsh(a, 'shutdown', 'cliff');
      await untilOff(a);
      await untilShaped(a, 5);
      await startUp(a, cliff);
      await inside(a, cliff, soon('poweroff -f'));
      await untilOff(a);
      await untilShaped(a, 5);
      return [];
    },
  },
  {
    title: 'reboot, reset, reboot from inside',
    run: async ({ a }) => {
      await startUp(a, cliff);
      const reboots = {
        reboot: () => virsh(a, 'reboot', 'cliff'),
        reset: () => virsh(a, 'reset', 'cliff'),
        'reboot from inside': () => inside(a, cliff, soon('reboot -f')),
      };
      for (const [how, reboot] of Object.entries(reboots)) {
        const before = await bootId(a, cliff);
        await reboot();
        const isNew = (id: string) => id !== before;
        await waitFor(`the guest runs again after ${how}`, 60, () =>
          bootId(a, cliff).then(isNew, () => false),
        );
        await mustBeShaped(a);
      }
      await untilUp(a, cliff);
      return mustReachItsCeil(cliff, { directions: ['in'] });
    },
  },
  {
    title: 'suspend, resume',
    run: async ({ a }) => {
      await define(a, cliff, { idle: true });
      await virsh(a, 'start', 'cliff');
      await virsh(a, 'suspend', 'cliff');
      await mustBeShaped(a);
      await virsh(a, 'resume', 'cliff');
      await mustBeShaped(a);
      return [];
    },
  },
  {
    title: 'qemu killed',
    core: true,
    run: async ({ a }) => {
      await define(a, cliff, { idle: true });
      await virsh(a, 'start', 'cliff');
      await mustBeShaped(a);
      process.kill(qemuPid(a, cliff), 'SIGKILL');
      await untilOff(a);
      const figure = `gone after ${(await untilShaped(a, 5)).toFixed(1)} s`;
      await virsh(a, 'start', 'cliff');
      await mustBeShaped(a);
      return [figure];
    },
  },
  {
    title: 'a start that fails in qemu',
    run: async ({ a }) => {
      await define(a, cliff, { idle: true, disk: '/run/guest/not-there.qcow2' });
      const failed = await virsh(a, 'start', 'cliff').then(
        () => false,
        () => true,
      );
      if (!failed) throw new Error('a guest without its disk started');
      await untilShaped(a, 5);
      return [];
    },
  },
];

/** Defined, started, shaped and booted. */
export async function startUp(host: LabHost, guest: Guest): Promise<void> {
  await define(host, guest);
  await virsh(host, 'start', guest.name);
  await mustBeShaped(host);
  await untilUp(host, guest);
}

/** As this process sees it. */
export function qemuPid({ root }: Host, { name }: Guest): number {
  return Number(readFileSync(join(root, 'run/libvirt/qemu', `${name}.pid`), 'utf8'));
}

async function untilOff(host: Host): Promise<void> {
  await waitFor('the guest is off', 30, async () => (await runningGuests(host)).length === 0);
}

/** A command line that is answered before it takes effect. */
function soon(command: string): string {
  return `(sleep 0.5; ${command}) > /dev/null 2>&1 &`;
}

function bootId(host: Host, guest: Guest): Promise<string> {
  return inside(host, guest, 'cat /proc/sys/kernel/random/boot_id', 2);
}
