// One guest and one uplink with real frames both ways, and every view held against them and against the others.
import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { parseExposition } from '../support/exposition.ts';
import { packets, sh } from './host.ts';
import { InsideHost } from './inside.ts';

export const config = `
[uplink.eth0]
ceil = "1gbit"
[guest.cliff]
id = 0x10
rate = "1mbit"
ceil = "20mbit"
`;

export interface Fault {
  kind: string;
  direction?: 'out' | 'in';
  remedy?: string;
}

export interface Row {
  guest: string;
  state: string;
  shaped: { out: boolean; in: boolean };
  faults: Fault[];
}

export async function makeHost(): Promise<InsideHost> {
  const host = new InsideHost(config).bridge('br0', 'eth0').tap('vnet0');
  host.runs('cliff', { vnet0: 'br0' });
  const ends = [
    { name: 'guest', device: 'g-vnet0', address: '10.9.0.2', mac: '52:54:00:6d:90:01' },
    { name: 'wire', device: 'w-eth0', address: '10.9.0.1', mac: '52:54:00:6d:90:ff' },
  ];
  for (const [at, { name, device, address, mac }] of ends.entries()) {
    const far = ends[1 - at] as (typeof ends)[0];
    // Nobody asks for the other's address, nor speaks by IPv6: what is counted is what is sent.
    sh(`ip netns add ${name}; ip link set ${device} netns ${name}
      ip netns exec ${name} sysctl -qw net.ipv6.conf.all.disable_ipv6=1
      ip -n ${name} address add ${address}/24 dev ${device}; ip -n ${name} link set ${device} up address ${mac}
      ip -n ${name} neighbour add ${far.address} lladdr ${far.mac} dev ${device} nud permanent`);
  }
  await host.must(['sync']);
  return host;
}

export function endHost(host: InsideHost): void {
  sh('sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null || :');
  spawnSync('ip', ['-all', 'netns', 'delete']);
  host.end();
}

/** Whether what is sent and received meets the guest's classes. What does not arrive at all meets none. */
export function truth(): Row['shaped'] {
  const count = () => ({ out: packets('eth0', '1:10'), in: packets('ifb-eth0', '2:10') });
  const before = count();
  // Each side by itself and both at once, so that neither waits for the other's answer.
  const ping = 'ping -q -c 4 -i 0.05 -W 0.5';
  sh(
    `{ ip netns exec guest ${ping} 10.9.0.1 & ip netns exec wire ${ping} 10.9.0.2 & wait; } >/dev/null 2>&1`,
  );
  const after = count();
  return { out: after.out - before.out >= 3, in: after.in - before.in >= 3 };
}

/** What status alone says. */
export async function statusOf(host: InsideHost): Promise<Row> {
  const { guests } = JSON.parse((await host.do(['status', '--json', '--interval', '0'])).stdout);
  return guests.find(({ guest }: Row) => guest === 'cliff');
}

/**
 * Status' row; all other views must agree with it.
 * @param status of verify, where that has more to find than who is shaped
 */
export async function views(host: InsideHost, status?: 3): Promise<Row> {
  const look = async (args: string[]) => JSON.parse((await host.do(args)).stdout);
  const find = ({ guests }: { guests: Row[] }) => guests.find(({ guest }) => guest === 'cliff') as Row;
  const row = await statusOf(host);
  const isShaped = row.shaped.out && row.shaped.in;
  for (const args of [
    ['tree', '--json', '--interval', '0'],
    ['top', '--json', '--interval', '0.1'],
    ['verify', '--json'],
  ]) {
    const { state, shaped, faults } = find(await look(args));
    assert.equal([state, shaped, faults], [row.state, row.shaped, row.faults], args[0]);
  }
  const explained = await look(['explain', 'cliff', '--json']);
  assert.is(explained.state, row.state, 'explain');
  assert.equal(explained.shaping[0].shaped, row.shaped, 'explain');
  const verified = await host.do(['verify']);
  const found = `verify: ${verified.stdout}${verified.stderr}`;
  assert.is(verified.status, status ?? (isShaped ? 0 : 3), found);
  const metrics = parseExposition((await host.do(['metrics'])).stdout);
  const [sample] = metrics.get('virt_shaper_guest_shaped')?.samples ?? [];
  assert.is(sample?.value, isShaped ? 1 : 0, 'metrics');
  const doctor = await look(['doctor', '--json']);
  const problems = doctor.findings.filter(
    ({ check, level }: Record<string, string>) =>
      level === 'problem' && /^(?:passing|root-qdisc|ifb|tap\.ingress)/.test(check ?? ''),
  );
  assert.is(problems.length === 0, isShaped, `doctor: ${JSON.stringify(problems)}`);
  return row;
}

/** A command out of the advice: what comes after the condition. */
export function commandOf({ remedy = '' }: Fault): string {
  return remedy.replace(/^.*if nobody needs it: /, '').replace(/ (?:puts|sets|finds|shapes) .*|, or .*$/, '');
}

export async function follow(host: InsideHost, row: Row): Promise<void> {
  for (const fault of row.faults.slice(0, 1)) {
    for (const command of commandOf(fault).split('; ')) {
      if (command.startsWith('virt-shaper ')) await host.must(command.split(' ').slice(1));
      else sh(command);
    }
  }
}

export const all = 'protocol all u32 match u32 0 0';
export const nft = (text: string) => `nft -f - <<'N'\n${text}\nN`;
export const chain = (table: string, hook: string, rule: string) =>
  nft(`table ${table} {\n chain c {\n type filter hook ${hook}; ${rule};\n }\n}`);
