// npm run bench   what arrives against what is configured, from 2 to 200 mbit, in runs of ten seconds: long
// enough to ask for 1 %. On the same made-up host as the demo; nothing is measured twice. Four minutes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Direction, directions } from '../../src/units.ts';
import { atLeast, flow, rateText } from '../lab/experiment.ts';
import { guestNamed, type Host, makeHost } from '../lab/host.ts';
import { measure } from '../lab/iperf.ts';
import { type Libvirt, startGuest } from '../lab/libvirt.ts';
import { mbit, payloadShare, type policy, toToml } from '../lab/policy.ts';
import {
  clearProgress,
  isMet,
  printHeader,
  printRow,
  printSection,
  type Row,
  showProgress,
} from '../lab/table.ts';
import { Namespaces } from '../support/netns.ts';

const timing = { omit: 1, seconds: 10 };
const within = { least: 0.99, most: 1.01 };
const rates = [2, 10, 30, 100, 200];
const plan: typeof policy = {
  bridge: 'br0',
  uplink: { name: 'eth0', ceil: 1000 * mbit },
  groups: { friends: { ceil: 30 * mbit } },
  guests: [
    ...rates.map((rate) => ({ name: `g${rate}`, rate: rate * mbit, ceil: rate * mbit })),
    ...['cliff', 'rob'].map((name) => ({ name, group: 'friends', rate: 15 * mbit, ceil: 30 * mbit })),
  ],
};

const spaces = new Namespaces();
const root = mkdtempSync(join(tmpdir(), 'virt-shaper-bench-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
mkdirSync(join(root, 'etc/virt-shaper'), { recursive: true });
writeFileSync(join(root, 'etc/virt-shaper/config.toml'), toToml(plan));
try {
  showProgress('making a host and its guests');
  const host = await makeHost(spaces, 'bench-', plan);
  const libvirt: Libvirt = { host, bridge: plan.bridge, root };
  for (const guest of host.guests) await startGuest(libvirt, guest);
  clearProgress();
  console.log(
    `${cpus().length} x ${cpus()[0]?.model ?? arch()}, Linux ${release()}, node ${process.version}\n`,
  );
  printHeader();
  await section('UDP offered at twice the ceil, both directions at once: within 1 %', rates, (rate) =>
    udp(host, rate),
  );
  for (const direction of directions) {
    await section(`TCP ${direction}: within 1 %`, rates, (rate) => tcp(host, rate, direction));
    await section(
      `a group, ${direction}: within 1 %, and a guarantee under UDP x10: at least 98 %`,
      ['tcp', 'udp'],
      (by) => group(host, direction, by),
    );
  }
} finally {
  spaces.remove();
}

async function section<T>(title: string, items: T[], run: (item: T) => Promise<Row[]>): Promise<void> {
  printSection(title);
  for (const item of items) {
    showProgress(`${title}, ${item}`);
    for (const row of await run(item)) {
      printRow(row, false);
      if (!isMet(row)) process.exitCode = 1;
    }
  }
}

async function udp(host: Host, rate: number): Promise<Row[]> {
  const guest = guestNamed(host, `g${rate}`);
  const flows = directions.map((direction) => flow(host, guest, direction, { udpRate: 2 * guest.ceil }));
  const received = await measure(flows, timing);
  const expected = guest.ceil * payloadShare('udp', 4);
  return directions.map((direction, i) => {
    return {
      what: `UDP ${direction}`,
      configured: rateText(guest.ceil),
      expected,
      received: received[i] ?? 0,
      ...within,
    };
  });
}

async function tcp(host: Host, rate: number, direction: Direction): Promise<Row[]> {
  const guest = guestNamed(host, `g${rate}`);
  const [received = 0] = await measure([flow(host, guest, direction)], timing);
  const expected = guest.ceil * payloadShare('tcp', 4);
  return [{ what: `TCP ${direction}`, configured: rateText(guest.ceil), expected, received, ...within }];
}

async function group(host: Host, direction: Direction, by: string): Promise<Row[]> {
  const [cliff, rob] = [guestNamed(host, 'cliff'), guestNamed(host, 'rob')];
  const loud = by === 'udp' ? { udpRate: 10 * rob.rate } : {};
  const received = await measure([flow(host, cliff, direction), flow(host, rob, direction, loud)], timing);
  const [mine = 0, other = 0] = received;
  if (by === 'udp') {
    const expected = cliff.rate * payloadShare('tcp', 4);
    return [
      {
        what: 'cliff TCP, rob UDP x10',
        configured: `>= ${rateText(cliff.rate)}`,
        expected,
        received: mine,
        ...atLeast(0.98),
      },
    ];
  }
  const expected = 30 * mbit * payloadShare('tcp', 4);
  return [
    {
      what: 'cliff and rob, TCP',
      configured: rateText(30 * mbit),
      expected,
      received: mine + other,
      ...within,
    },
  ];
}
