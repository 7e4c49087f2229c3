// A healthy host with real guests: not a word of warning by any command that looks, whether nobody runs, one guest or
// thirty. A false alarm teaches people not to look.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../../src/doctor/finding.ts';
import { parseExposition } from '../../support/exposition.ts';
import type { Guest } from '../harness/guest.ts';
import type { Host } from '../harness/host.ts';
import { define } from '../harness/lab.ts';
import { mustBeShaped } from '../harness/shaped.ts';
import { virsh } from '../harness/virsh.ts';
import type { Scenario } from '../scenario.ts';

/** What this machine's kernel lacks is nobody's fault who tests here. */
const machine = ['kernel.leaf'];

export const healthy: Scenario[] = [
  {
    title: 'a healthy host, idle: not a warning',
    core: true,
    run: async ({ a }) => {
      await followAdvice(a);
      return [await mustBeHealthy(a, 0)];
    },
  },
  {
    title: 'a healthy host, one guest: not a warning',
    core: true,
    run: async ({ a }) => {
      await startIdle(a, 1);
      return [await mustBeHealthy(a, 1)];
    },
  },
  {
    title: 'a healthy host, 30 guests: not a warning',
    core: true,
    run: async ({ a }) => {
      await startIdle(a, 30);
      return [await mustBeHealthy(a, 30)];
    },
  },
];

async function startIdle(host: Host, count: number): Promise<void> {
  await followAdvice(host);
  const guests = Array.from({ length: count }, (_, i): Guest => ({ name: `shop-${i}`, number: 100 + i }));
  for (const guest of guests) await define(host, guest, { idle: true });
  await Promise.all(guests.map(({ name }) => virsh(host, 'start', name)));
  await mustBeShaped(host);
}

/**
 * These hosts have no systemd, so cron has to call, as doctor advises. Frames on bridges pass this machine's iptables where
 * it has br_netfilter: a small Debian has no sysctl(8) for that advice. Whatever else is advised fails.
 */
async function followAdvice(host: Host): Promise<void> {
  mkdirSync(join(host.root, 'etc/cron.d'), { recursive: true });
  for (const { check, hint = '' } of await warnings(host)) {
    const cron = check === 'units' && /^let cron do it: (.*)$/m.exec(hint)?.[1];
    if (cron) await host.run('sh', ['-c', cron]);
    const [, name = '', value] = (check === 'br_netfilter' && /: sysctl (\S+)=(\d)$/m.exec(hint)) || [];
    if (value) await host.run('sh', ['-c', `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`]);
  }
}

async function warnings(host: Host): Promise<Finding[]> {
  const { stdout, stderr } = await host.start('virt-shaper', ['doctor', '--json']).ended;
  if (stderr !== '') throw new Error(`doctor said ${stderr}`);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return findings.filter(({ level, check }) => level !== 'ok' && !machine.includes(check));
}

/** @throws with each thing that any of them does not like */
async function mustBeHealthy(host: Host, guests: number): Promise<string> {
  await host.run('virt-shaper', ['--quiet', 'sync', '--in-force']); // As cron does every minute.
  const complaints = (await warnings(host)).map(
    ({ check, subject, detail }) => `doctor: ${check}: ${subject}: ${detail}`,
  );
  for (const view of [['status'], ['tree'], ['top', '--once', '--interval', '0.2'], ['verify']]) {
    const { status, stdout, stderr } = await host.start('virt-shaper', ['--quiet', ...view]).ended;
    if (status !== 0 || stderr !== '') complaints.push(`${view[0]}: status ${status}: ${stderr}`);
    const odd =
      /^!.*|.*(warning|unshaped|partly|left out|not there|somebody|repairs|virt-shaper (sync|load|apply)).*/m;
    const [line] = odd.exec(stdout) ?? [];
    if (line !== undefined) complaints.push(`${view[0]}: ${line}`);
  }
  const status = await host.run('virt-shaper', ['status', '--json']);
  const { shaped, ...others } = (JSON.parse(status) as { counts: Record<string, number> }).counts;
  if (shaped !== guests || Object.values(others).some((count) => count !== 0))
    complaints.push(`status counts ${status}`);
  const metrics = parseExposition(await host.run('virt-shaper', ['metrics']));
  const samples = (name: string) => metrics.get(`virt_shaper_${name}`)?.samples ?? [];
  const bad = [
    ...['drift', 'guest_reason'].flatMap((name) => samples(name).filter(({ value }) => value !== 0)),
    ...['guest_shaped', 'loaded', 'config_in_force', 'rules_in_force', 'last_load_success'].flatMap((name) =>
      samples(name).filter(({ value }) => value !== 1),
    ),
  ];
  complaints.push(...bad.map((sample) => `metrics: ${JSON.stringify(sample)}`));
  if (samples('guest_shaped').length !== guests)
    complaints.push(`metrics: ${samples('guest_shaped').length} guests`);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return 'doctor, status, tree, top, verify, metrics: 0 warnings';
}
