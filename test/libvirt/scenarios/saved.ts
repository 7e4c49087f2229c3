// A guest that goes on where it was: from a file, from libvirt's own store, from a snapshot. Its tap is a new
// one each time.
import { type Guest, untilUp } from '../harness/guest.ts';
import { define, type LabHost, untilShaped } from '../harness/lab.ts';
import { mustBeShaped } from '../harness/shaped.ts';
import { virsh } from '../harness/virsh.ts';
import { mustReachItsCeil, type Scenario } from '../scenario.ts';
import { startUp } from './life.ts';

const cliff: Guest = { name: 'cliff', number: 12 };

export const saved: Scenario[] = [
  {
    title: 'save, restore',
    core: true,
    run: async ({ a }) => {
      await startUp(a, cliff);
      await virsh(a, 'save', 'cliff', '/run/guest/cliff.save');
      await mustBeShaped(a);
      await virsh(a, 'restore', '/run/guest/cliff.save');
      await mustBeShaped(a);
      await untilUp(a, cliff);
      return mustReachItsCeil(cliff);
    },
  },
  {
    title: 'managed save, start',
    run: async ({ a }) => {
      await define(a, cliff, { idle: true });
      await virsh(a, 'start', 'cliff');
      await virsh(a, 'managedsave', 'cliff');
      await mustBeShaped(a);
      await virsh(a, 'start', 'cliff');
      await mustBeShaped(a);
      return [];
    },
  },
  {
    title: 'snapshot, revert while running and while off',
    run: async ({ a }) => {
      await a.run('qemu-img', ['create', '-q', '-f', 'qcow2', '/run/guest/disk.qcow2', '16M']);
      await startWithDisk(a);
      await virsh(a, 'snapshot-create-as', 'cliff', 'then');
      await mustBeShaped(a);
      await virsh(a, 'snapshot-revert', 'cliff', 'then', '--running');
      await untilShaped(a, 2);
      await untilUp(a, cliff);
      const figures = await mustReachItsCeil(cliff, { directions: ['in'] });
      await virsh(a, 'destroy', 'cliff');
      await mustBeShaped(a);
      await virsh(a, 'snapshot-revert', 'cliff', 'then');
      await mustBeShaped(a);
      return figures;
    },
  },
];

async function startWithDisk(host: LabHost): Promise<void> {
  await define(host, cliff, { disk: '/run/guest/disk.qcow2' });
  await virsh(host, 'start', 'cliff');
  await mustBeShaped(host);
  await untilUp(host, cliff);
}
