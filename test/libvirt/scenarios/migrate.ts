// Live migration between two hosts, by the daemons themselves and driven by virsh.
import { type Guest, untilUp } from '../harness/guest.ts';
import { callsOf, clearNotes, type LabHost, markedAtStart, untilShaped } from '../harness/lab.ts';
import { mustBeShaped } from '../harness/shaped.ts';
import { nicsOf, runningGuests, virsh } from '../harness/virsh.ts';
import { mustReachItsCeil, type Scenario } from '../scenario.ts';
import { startUp } from './life.ts';

const cliff: Guest = { name: 'cliff', number: 25 };

export const migrate: Scenario[] = [
  {
    title: 'live migration, there and back',
    core: true,
    run: async ({ a, b }) => {
      await startUp(a, cliff);
      await move(a, b, '--p2p');
      const figures = await mustReachItsCeil(cliff);
      await move(b, a, '--migrateuri', `tcp://${a.address}`);
      return figures;
    },
  },
];

async function move(from: LabHost, to: LabHost, ...options: string[]): Promise<void> {
  clearNotes(to);
  await virsh(from, 'migrate', '--live', ...options, 'cliff', `qemu+tcp://${to.address}/system`);
  if ((await runningGuests(to)).length !== 1) throw new Error('the guest is not on the destination');
  await mustBeShaped(to);
  await untilShaped(from, 2);
  const [[nic] = []] = await nicsOf(to, 'cliff');
  if (!markedAtStart(to).includes(`"${nic?.tap}" . "eth0"`))
    throw new Error('the destination did not shape the guest before it ran there');
  if (!callsOf(to).startsWith('cliff migrate')) throw new Error(`unexpected calls: ${callsOf(to)}`);
  await untilUp(to, cliff);
}
