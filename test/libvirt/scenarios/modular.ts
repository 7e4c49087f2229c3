// libvirt as several daemons, where networks have one of their own: virtnetworkd comes and goes while a guest on `default`
// runs on, and makes its rules and queues anew.
import type { Running } from '../../support/netns.ts';
import type { LabHost } from '../harness/lab.ts';
import { hasModular, startDaemon, stopDaemon } from '../harness/libvirtd.ts';
import { virsh } from '../harness/virsh.ts';
import type { Scenario } from '../scenario.ts';
import { allShaped, bothWays, onDefault, startRouted, theirRules } from './routed.ts';

export const modular: Scenario[] = [
  {
    title: 'virtnetworkd restarted',
    lacks: ({ a }) =>
      hasModular(a) ? undefined : 'this distribution’s libvirt has no virtqemud and virtnetworkd',
    run: async ({ a }) => {
      await stopDaemon(a.daemon, 'SIGTERM');
      const running: Running[] = [];
      try {
        running.push(await startDaemon(a, 'virtnetworkd'), await startDaemon(a, 'virtqemud'));
        return await onDefault(a, () => restartNetworks(a, running));
      } finally {
        for (const daemon of running) await stopDaemon(daemon, 'SIGTERM');
        a.daemon = await startDaemon(a, 'libvirtd');
      }
    },
  },
];

/** @param running virtnetworkd, then virtqemud */
async function restartNetworks(a: LabHost, running: Running[]): Promise<string[]> {
  await startRouted(a);
  await allShaped(a, 1);
  const before = [await theirRules(a), await theirQueues(a)];
  const figures = await bothWays(a, 'before');
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (running[0]) await stopDaemon(running[0], signal);
    await allShaped(a, 1);
    running[0] = await startDaemon(a, 'virtnetworkd');
    await allShaped(a, 1);
    const after = [await theirRules(a), await theirQueues(a)];
    if (after.join() !== before.join())
      throw new Error(`libvirt's own is not what it was:\n${before.join('\n')}\n${after.join('\n')}`);
  }
  figures.push(...(await bothWays(a, 'started again')));
  if (!(await virsh(a, 'net-list', '--name')).includes('default')) throw new Error('the network is gone');
  return figures;
}

/** What libvirt has on the network's bridge. */
async function theirQueues(a: LabHost): Promise<string> {
  const lists = ['qdisc show', '-d class show', 'filter show'].map((list) => `tc ${list} dev virbr0`);
  const said = await a.run('sh', ['-ec', lists.join('; ')]);
  return said.replace(/direct_packets_stat \d+/g, '');
}
