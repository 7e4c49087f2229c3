// What a guest really sends and receives, as iperf3 says at the receiving end: the guest runs the servers
// (init.sh), the wire the clients. Only the steady part counts. Two flows of one guest need two ports.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { Direction } from '../../../src/units/units.ts';
import { type Report, steadyRate } from '../../lab/iperf.ts';
import { payloadShare, udpLength } from '../../lab/policy.ts';
import { addressOf, type Guest } from './guest.ts';

export interface Flow {
  guest: Guest;
  direction: Direction;
  protocol: 'tcp' | 'udp';
  /** Of its class, bits per second. */
  ceil: number;
  /** TCP connections; 1 unless told. */
  connections?: number;
  /** Which of the guest's NICs, by the network of its address. */
  network?: number;
}

const timing = { omit: 1, seconds: 3 };
const tail = 0.4;
/** UDP offered, as a multiple of the ceil: no more than an emulated guest can send on a busy machine. */
const flood = 1.3;

/** @returns for each flow, all of them running at once, received payload / what the ceil allows */
export async function measure(flows: Flow[]): Promise<number[]> {
  const reports = await Promise.all(flows.map((flow, i) => run(flow, 5201 + (i % 4))));
  return flows.map(({ protocol, ceil }, i) => {
    const report = reports[i];
    if (!report) throw new Error('no report');
    return steadyRate(report, timing) / (ceil * payloadShare(protocol, 4));
  });
}

/** The receiver's report. A server of iperf3 that has just ended one test may not take the next one yet. */
async function run(flow: Flow, port: number): Promise<Report> {
  for (let tries = 1; ; tries++) {
    const report = await tryOnce(flow, port);
    if (!('error' in report)) return report;
    const notReady = /unable to connect|control message|busy/.test(report.error);
    if (!notReady || tries === 5)
      throw new Error(`iperf3 with ${flow.guest.name}, ${flow.protocol} ${flow.direction}: ${report.error}`);
    await delay(500);
  }
}

async function tryOnce(flow: Flow, port: number): Promise<Report | { error: string }> {
  const { guest, direction, protocol, ceil, connections = 1, network = 0 } = flow;
  const to = ['--client', addressOf(guest, network), '--port', `${port}`, '--connect-timeout', '5000'];
  const time = ['--json', '--interval', '0.25', '--time', `${timing.omit + timing.seconds + tail}`];
  const tcp = ['--congestion', 'cubic', '--parallel', `${connections}`];
  const udp = [
    '--udp',
    '--bitrate',
    `${flood * ceil}`,
    '--length',
    `${udpLength}`,
    '--window',
    `${socketBuffer()}`,
  ];
  const way = direction === 'out' ? ['--reverse'] : ['--get-server-output'];
  const { stdout, stderr } = await execa(
    'iperf3',
    [...to, ...time, ...(protocol === 'tcp' ? tcp : udp), ...way],
    {
      reject: false,
      timeout: 30_000,
    },
  );
  if (stdout === '') return { error: stderr || 'ended without a report' };
  const report = JSON.parse(stdout) as Report & { error?: string; server_output_json?: Report };
  if (report.error) return { error: report.error };
  if (direction === 'out') return report;
  return report.server_output_json ?? { error: 'no report of the server' };
}

/** iperf3 takes it for an error when it gets less than it asks for; the guests have Linux's default. */
function socketBuffer(): number {
  const limits = ['rmem_max', 'wmem_max'].map((name) =>
    Number(readFileSync(`/proc/sys/net/core/${name}`, 'utf8')),
  );
  return Math.min(212_992, ...limits);
}
