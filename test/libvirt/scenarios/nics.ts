// NICs: several, of a libvirt network, and those that come, go and move while the guest runs. libvirt calls
// no hook for the latter, so they are found by what watches its status files.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { macOf, untilUp } from '../harness/guest.ts';
import { type Host, uplinks } from '../harness/host.ts';
import { define, type Lab, type LabHost, untilShaped } from '../harness/lab.ts';
import { mustBeShaped, readMarked } from '../harness/shaped.ts';
import { nicsOf, virsh } from '../harness/virsh.ts';
import { waitFor } from '../harness/wait.ts';
import { watchGuests } from '../harness/watch.ts';
import { mustReachItsCeil, type Scenario, within } from '../scenario.ts';
import { startUp } from './life.ts';

const cliff = { name: 'cliff', number: 15 };
const secondNic = ['--live', '--mac', macOf(cliff, 1)];
/** Seconds after virsh's answer within which a change must have been followed. */
const patience = 2;

export const nics: Scenario[] = [
  {
    title: 'two NICs, on two bridges',
    run: async ({ a }) => {
      await define(a, cliff, { nics: ['br0', 'br1'] });
      await virsh(a, 'start', 'cliff');
      await mustBeShaped(a);
      await untilUp(a, cliff, 1);
      return [
        ...(await mustReachItsCeil(cliff, { directions: ['in'], network: 0 })),
        ...(await mustReachItsCeil(cliff, { directions: ['in'], network: 1 })),
      ];
    },
  },
  {
    title: 'two NICs, on one bridge: one class',
    run: async ({ a }) => {
      await define(a, cliff, { nics: ['br0', 'br0'], idle: true });
      await virsh(a, 'start', 'cliff');
      await mustBeShaped(a);
      return [];
    },
  },
  {
    title: "type='network' on a bridge network",
    run: async ({ a }) => {
      const file = '/run/guest/lan.xml';
      const xml = "<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/></network>";
      writeFileSync(join(a.root, file), xml);
      await virsh(a, 'net-create', file);
      try {
        await define(a, cliff, { nics: ['network:lan'], idle: true });
        await virsh(a, 'start', 'cliff');
        await mustBeShaped(a);
        await virsh(a, 'destroy', 'cliff');
      } finally {
        await virsh(a, 'net-destroy', 'lan');
      }
      return [];
    },
  },
  {
    title: 'a NIC plugged in, and out again',
    core: true,
    run: (lab) =>
      watched(lab, async (a) => {
        await startUp(a, cliff);
        const figures: string[] = [];
        const plug = async () => {
          await virsh(a, 'attach-interface', 'cliff', 'bridge', 'br0', ...secondNic, '--model', 'virtio');
          return untilFollowed(a);
        };
        const unplug = async () => {
          await virsh(a, 'detach-interface', 'cliff', 'bridge', ...secondNic);
          return untilFollowed(a);
        };
        const both = async () => {
          const shaped = await plug();
          await untilUp(a, cliff, 1);
          figures.splice(0, figures.length, ...(await mustReachItsCeil(cliff, { network: 1 })));
          return Math.max(shaped, await unplug());
        };
        return [await within('seconds until it is shaped, and gone:', both, 0, patience), ...figures];
      }),
  },
  {
    title: 'a NIC moved to another bridge',
    run: (lab) =>
      watched(lab, async (a) => {
        await startUp(a, cliff);
        const nic = /<interface [\s\S]*?<\/interface>/.exec(await virsh(a, 'dumpxml', 'cliff'))?.[0] ?? '';
        const moveTo = async (bridge: string) => {
          writeFileSync(
            join(a.root, 'run/guest/moved.xml'),
            nic.replace("bridge='br0'", `bridge='${bridge}'`),
          );
          await virsh(a, 'update-device', 'cliff', '/run/guest/moved.xml', '--live');
          return untilFollowed(a);
        };
        const thereAndBack = async () => Math.max(await moveTo('br0'), await moveTo('br1'));
        const figure = await within('seconds until it is shaped there:', thereAndBack, 0, patience);
        await untilUp(a, cliff);
        return [figure, ...(await mustReachItsCeil(cliff))];
      }),
  },
  {
    title: 'guests that ran before the hook was there',
    run: async ({ a }) => {
      const hook = join(a.root, 'etc/libvirt/hooks/qemu.d/50-virt-shaper');
      chmodSync(hook, 0o644);
      try {
        await define(a, cliff, { idle: true });
        await virsh(a, 'start', 'cliff');
      } finally {
        chmodSync(hook, 0o755);
      }
      await a.run('virt-shaper', ['sync']);
      await mustBeShaped(a);
      return [];
    },
  },
];

/**
 * @returns seconds until frames are marked for exactly the taps that libvirt names, each with its own uplink
 * @throws when anything else is not right then
 */
async function untilFollowed(host: Host): Promise<number> {
  const [nics = []] = await nicsOf(host, 'cliff');
  const expected = nics.map(({ tap, bridge }) => `${tap} ${uplinks[bridge]}`).sort();
  const seconds = await waitFor(`taps are marked: ${expected}`, 20, async () => {
    const marked = (await readMarked(host)).filter(({ from }) => from.startsWith('vnet'));
    return String(marked.map(({ from, to }) => `${from} ${to}`).sort()) === String(expected);
  });
  await untilShaped(host, 5);
  return seconds;
}

async function watched(lab: Lab, work: (host: LabHost) => Promise<string[]>): Promise<string[]> {
  const stop = watchGuests(lab.a);
  try {
    return await work(lab.a);
  } finally {
    await stop();
  }
}
