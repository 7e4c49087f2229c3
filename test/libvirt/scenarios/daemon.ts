// libvirtd comes and goes while guests run on.
import { untilUp } from '../harness/guest.ts';
import { define, restartLibvirtd, untilShaped } from '../harness/lab.ts';
import { mustBeShaped } from '../harness/shaped.ts';
import { virsh } from '../harness/virsh.ts';
import { mustReachItsCeil, type Scenario } from '../scenario.ts';
import { qemuPid, startUp } from './life.ts';

const cliff = { name: 'cliff', number: 13 };
const rob = { name: 'rob', number: 14 };

export const daemon: Scenario[] = [
  {
    title: 'libvirtd restarted',
    core: true,
    run: async ({ a }) => {
      await startUp(a, cliff);
      await restartLibvirtd(a, 'SIGTERM');
      await mustBeShaped(a);
      await untilUp(a, cliff);
      return mustReachItsCeil(cliff, { directions: ['in'] });
    },
  },
  {
    title: 'libvirtd killed, and started again',
    run: async ({ a }) => {
      await define(a, cliff, { idle: true });
      await virsh(a, 'start', 'cliff');
      await restartLibvirtd(a, 'SIGKILL');
      await mustBeShaped(a);
      await define(a, rob, { idle: true });
      await virsh(a, 'start', 'rob');
      await mustBeShaped(a);
      return [];
    },
  },
  {
    title: 'a guest dies while libvirtd is away',
    core: true,
    run: async ({ a }) => {
      for (const guest of [cliff, rob]) {
        await define(a, guest, { idle: true });
        await virsh(a, 'start', guest.name);
      }
      await restartLibvirtd(a, 'SIGKILL', async () => {
        process.kill(qemuPid(a, cliff), 'SIGKILL');
      });
      await untilShaped(a, 5);
      await virsh(a, 'start', 'cliff');
      await mustBeShaped(a);
      return [];
    },
  },
];
