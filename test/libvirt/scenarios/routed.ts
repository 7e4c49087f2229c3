// A guest on libvirt's own NAT network, in one group with a bridged one: what it sends and receives by the host's routing is
// in its class, and the network goes and comes. It asks the wire itself, since nobody outside can ask it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Direction } from '../../../src/units/units.ts';
import { type Report, steadyRate } from '../../lab/iperf.ts';
import { payloadShare } from '../../lab/policy.ts';
import { domainXml, type Guest, inside, untilUp } from '../harness/guest.ts';
import { wireAddress } from '../harness/host.ts';
import { define, type LabHost, mbit, restartLibvirtd } from '../harness/lab.ts';
import { measure } from '../harness/traffic.ts';
import { virsh } from '../harness/virsh.ts';
import { waitFor } from '../harness/wait.ts';
import { type Scenario, within } from '../scenario.ts';

const routed: Guest = { name: 'mixed-nat', number: 31 };
const bridged: Guest = { name: 'mixed-lan', number: 32 };
/** An emulated guest on a busy machine still fills it. */
const groupCeil = 10 * mbit;
const group = `
[group.mixed]
ceil = ${groupCeil}
[guest."mixed-*"]
group = "mixed"
rate = ${groupCeil / 4}
ceil = ${groupCeil}
`;
const gateway = '10.77.2.254';
const network = `<network><name>default</name><forward mode='nat'/><bridge name='virbr0' stp='on' delay='0'/>
  <dns enable='no'/><ip address='${gateway}' netmask='255.255.255.0'/></network>`;
const port = '5301';
const timing = { omit: 1, seconds: 3 };

export const natted: Scenario[] = [
  {
    title: "libvirt's NAT network: a group with a bridged guest, the network and the daemon go and come",
    run: ({ a }) => onDefault(a, () => goThrough(a)),
  },
];

/** What goes on with libvirt's `default` network, whose guests are shaped. */
export async function onDefault(a: LabHost, body: () => Promise<string[]>): Promise<string[]> {
  const file = join(a.root, 'etc/virt-shaper/config.toml');
  const config = readFileSync(file, 'utf8');
  const server = execa('iperf3', ['--server', '--json', '--interval', '0.25', '--port', port], {
    reject: false,
  });
  try {
    writeFileSync(file, config.replace('bridge = "br0"', 'bridge = "br0"\nrouted = "libvirt"') + group);
    writeFileSync(join(a.root, 'run/guest/default.xml'), network);
    await virsh(a, 'net-create', '/run/guest/default.xml');
    await a.run('virt-shaper', ['apply']);
    return await body();
  } finally {
    server.kill();
    await virsh(a, 'destroy', routed.name).catch(() => {});
    await virsh(a, 'net-destroy', 'default').catch(() => {});
    writeFileSync(file, config);
    await a.run('virt-shaper', ['apply']);
  }
}

async function goThrough(a: LabHost): Promise<string[]> {
  const before = await theirRules(a);
  await startRouted(a);
  await define(a, bridged);
  await virsh(a, 'start', bridged.name);
  await allShaped(a, 2);
  const figures = await bothWays(a, 'the routed one alone');

  await untilUp(a, bridged);
  const together = async () => {
    const flow = {
      guest: bridged,
      direction: 'out',
      protocol: 'tcp',
      ceil: groupCeil,
      connections: 4,
    } as const;
    const shares = await Promise.all([share(a, 'out'), measure([flow])]);
    return shares.flat().reduce((sum, one) => sum + one, 0);
  };
  figures.push(await within('both together, out:', together, 0.97, 1.03));

  await restartLibvirtd(a, 'SIGTERM');
  await allShaped(a, 2);
  figures.push(...(await bothWays(a, 'the daemon restarted', ['in'])));

  await virsh(a, 'net-destroy', 'default');
  await virsh(a, 'net-create', '/run/guest/default.xml');
  await virsh(a, 'destroy', routed.name);
  await startRouted(a);
  await allShaped(a, 2);
  figures.push(...(await bothWays(a, 'on the network made anew')));
  if ((await theirRules(a)) !== before) throw new Error("libvirt's own rules have changed");
  return figures;
}

/** libvirt's own rules of its networks, without what they have counted. */
export async function theirRules(a: LabHost): Promise<string> {
  const lists = ['iptables-save', 'ip6tables-save', 'nft -s list table ip libvirt_network'];
  const said = await a.run('sh', ['-c', `${lists.map((list) => `${list} 2>/dev/null`).join('; ')}; true`]);
  return said.replace(/\[\d+:\d+\]|^#.*$/gm, '');
}

/** Its address is of the network's, as follows from its MAC (init.sh). */
export async function startRouted(a: LabHost): Promise<void> {
  const xml = domainXml(routed, { nics: ['network:default'] }).replace('52:54:00:77:00:', '52:54:00:77:02:');
  writeFileSync(join(a.root, 'run/guest/routed.xml'), xml);
  await virsh(a, 'define', '/run/guest/routed.xml');
  await virsh(a, 'start', routed.name);
  const reach = `ip route add default via ${gateway}; ping -c1 -W1 ${wireAddress}`;
  await waitFor(`${routed.name} reaches ${wireAddress}`, 90, async () =>
    (await inside(a, routed, reach, 60).catch(() => '')).includes(' 0% packet loss'),
  );
}

export async function allShaped(a: LabHost, count: number): Promise<void> {
  const { counts, guests } = JSON.parse(await a.run('virt-shaper', ['status', '--json', '--interval', '0']));
  if (counts.shaped !== count) throw new Error(`not all are shaped: ${JSON.stringify(guests)}`);
  await a.run('virt-shaper', ['verify']);
}

export async function bothWays(
  a: LabHost,
  what: string,
  directions: Direction[] = ['out', 'in'],
): Promise<string[]> {
  const figures: string[] = [];
  for (const direction of directions)
    figures.push(await within(`${what}, ${direction}:`, () => share(a, direction), 0.97, 1.03));
  return figures;
}

/** Of what the group's ceil allows, as the receiver says. */
async function share(a: LabHost, direction: Direction): Promise<number> {
  const time = `${timing.omit + timing.seconds + 0.4}`;
  const way = direction === 'in' ? '--reverse' : '--get-server-output';
  const command = `iperf3 --client ${wireAddress} --port ${port} --json --interval 0.25 --time ${time} --congestion cubic --parallel 4 ${way}`;
  const said = await inside(a, routed, command, 60);
  const report = JSON.parse(said) as Report & { error?: string; server_output_json?: Report };
  const received = direction === 'in' ? report : report.server_output_json;
  if (!received || report.error) throw new Error(`iperf3 in ${routed.name}: ${said}`);
  return steadyRate(received, timing) / (groupCeil * payloadShare('tcp', 4));
}
