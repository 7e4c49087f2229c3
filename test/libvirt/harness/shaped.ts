// Who is shaped on a host, asked of the kernel and compared with libvirt: every tap of every running guest,
// and nothing else. It does not use what virt-shaper says of itself, but for `verify`, which must agree.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePaths } from '../../../src/store/paths.ts';
import { label } from '../../../src/text/label.ts';
import { awaitCalls } from '../../support/hook-calls.ts';
import { type Host, uplinks } from './host.ts';
import { nicsOf, runningGuests } from './virsh.ts';

/** @throws unless exactly the running guests are shaped, and `virt-shaper verify` finds nothing */
export async function mustBeShaped(host: Host): Promise<void> {
  // libvirt does not wait for what a stop changes.
  awaitCalls(makePaths({ root: host.root }).hookCalls);
  const expected: string[] = [];
  const running = await runningGuests(host);
  const nics = await nicsOf(host, ...running.map(({ uuid }) => uuid));
  for (const [i, { name }] of running.entries()) {
    for (const { tap, bridge } of nics[i] ?? []) {
      const uplink = uplinks[bridge];
      if (uplink) expected.push(...objectsOf(label(name), tap, uplink));
    }
  }
  const found = await readShaped(host);
  const missing = [...new Set(expected)].filter((object) => !found.includes(object));
  const extra = found.filter((object) => !expected.includes(object));
  const { status, stdout, stderr } = await host.start('virt-shaper', ['verify']).ended;
  const complaints = [
    ...missing.map((object) => `missing: ${object}`),
    ...extra.map((object) => `left behind: ${object}`),
    ...(status === 0 ? [] : [`virt-shaper verify: status ${status}: ${stdout}${stderr}`.trim()]),
  ];
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
}

/** What one tap of a guest needs in the kernel. */
function objectsOf(guest: string, tap: string, uplink: string): string[] {
  return [
    `${guest} has a class on ${uplink}`,
    `${guest} has a class on ifb-${uplink}`,
    `${tap} -> ${uplink} is marked`,
    `${uplink} -> ${tap} is marked`,
    `${tap} is redirected to ifb-${uplink}`,
  ];
}

/** Everything in the kernel that could be virt-shaper's, one object a line. */
export async function readObjects(host: Host): Promise<string[]> {
  const tables = await host.run('nft', ['list', 'tables']);
  const qdiscs = await host.run('tc', ['qdisc', 'show']);
  const ifbs = await host.run('ip', ['-oneline', 'link', 'show', 'type', 'ifb']);
  return [tables, qdiscs, ifbs].flatMap((text) => text.split('\n').filter((line) => line.trim() !== ''));
}

/** The pairs of ports between which frames are marked. */
export async function readMarked(host: Host): Promise<{ from: string; to: string }[]> {
  const table = await host.run('nft', ['list', 'ruleset', 'bridge']);
  const pairs = [...table.matchAll(/"([^"]+)" \. "([^"]+)" : goto/g)];
  return pairs.map(([, from = '', to = '']) => ({ from, to }));
}

async function readShaped(host: Host): Promise<string[]> {
  const pairs = await readMarked(host);
  const marked = pairs.map(({ from, to }) => `${from} -> ${to} is marked`);
  const taps = new Set(pairs.flatMap(({ from, to }) => [from, to]));
  const devices = (await host.run('ip', ['-json', 'link', 'show'])) || '[]';
  const names = (JSON.parse(devices) as { ifname: string }[]).map(({ ifname }) => ifname);
  const isTap = (name: string) => taps.has(name) || /^(vnet|tap)/.test(name);
  const candidates = names.filter((name) => isTap(name) && !Object.values(uplinks).includes(name));
  const filters = await forEach(host, 'tc filter show dev "$device" egress', candidates);
  const redirected = [...filters].flatMap(([tap, text]) => {
    const to = /Redirect to device ([^)\s]+)/.exec(text)?.[1];
    return to ? [`${tap} is redirected to ${to}`] : [];
  });
  return [...(await readClasses(host)), ...marked, ...redirected];
}

/** Guests' classes the kernel holds, by the names that the rules in force give them. */
async function readClasses(host: Host): Promise<string[]> {
  const names = new Map<string, string>();
  const line = /class add dev (\S+) .*classid (\S+) .*# guest ("(?:[^"\\]|\\.)*"|[^\s,]+)/g;
  for (const [, device, id, guest] of goodRules(host).matchAll(line))
    names.set(`${device} ${id}`, guest ?? '');
  const classes: string[] = [];
  const trees = Object.values(uplinks).flatMap((uplink) => [uplink, `ifb-${uplink}`]);
  for (const [device, text] of await forEach(host, 'tc class show dev "$device"', trees)) {
    for (const [, id] of text.matchAll(/^class htb (\S+) parent \S+ leaf/gm)) {
      if (/:ff..$/.test(id ?? '')) continue; // The link, what is not marked, and what is flooded.
      classes.push(`${names.get(`${device} ${id}`) ?? `class ${id}`} has a class on ${device}`);
    }
  }
  return classes;
}

/** What a command line prints for each device; nothing for one that is not there. */
async function forEach(host: Host, command: string, devices: string[]): Promise<Map<string, string>> {
  const script = `for device; do echo "@$device"; ${command} 2> /dev/null; done; true`;
  const printed = await host.run('sh', ['-c', script, 'sh', ...devices]);
  const parts = printed.split(/^@/m).slice(1);
  return new Map(parts.map((part) => [part.split('\n', 1)[0] ?? '', part]));
}

function goodRules(host: Host): string {
  try {
    return readFileSync(join(host.root, 'var/lib/virt-shaper/rules.d/good/shape.tc'), 'utf8');
  } catch {
    return '';
  }
}
