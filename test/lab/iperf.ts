// Measures flows with iperf3, all of them at once, and says what arrived. A sender's figure counts what the
// queues on the way drop or still hold, and iperf3's own --omit (3.12) at times counts one interval's bytes for
// two, so the figure is cut here from what the receiver says: its intervals from `omit` to `omit + seconds`
// after its start, while every flow of the list is running.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Namespace, Outcome, Running } from '../support/netns.ts';
import { emulated } from '../support/patience.ts';
import { drained } from './drain.ts';

export type Family = 4 | 6;

export interface Station {
  space: Namespace;
  address: Record<Family, string>;
}

interface Tcp {
  protocol: 'tcp';
  /** How many the flow is made of; 1 unless told. */
  connections?: number;
}

interface Udp {
  protocol: 'udp';
  /** Bits of payload per second that are offered. */
  rate: number;
  /** Bytes of payload per packet. */
  length: number;
}

export type Flow = { from: Station; to: Station; family: Family } & (Tcp | Udp);

export interface Timing {
  /** Seconds at the start that do not count: slow start, and the burst a full bucket lets through. */
  omit: number;
  /** Seconds that count. */
  seconds: number;
}

/** Seconds that senders go on, so that flows which started late still run while others are measured. */
const tail = 0.4;
const interval = 0.25;
const firstPort = 5201;

/**
 * @returns bits of payload per second that arrived, in the order of `flows`
 * @throws when iperf3 fails, or `signal` is aborted; its processes have ended either way
 */
export async function measure(flows: Flow[], timing: Timing, signal?: AbortSignal): Promise<number[]> {
  const running: Running[] = [];
  const start = (at: Station, args: string[]) => {
    const timeout = (timing.omit + timing.seconds + (emulated ? 120 : 20)) * 1000;
    const child = at.space.start('iperf3', args, { timeout, ...(signal ? { signal } : {}) });
    running.push(child);
    return child;
  };
  try {
    const socketBuffer = await readSocketBuffer();
    const receivers = flows.map((flow, i) => start(flow.to, receive(firstPort + i)));
    await Promise.all(receivers.map((receiver, i) => listening(receiver, firstPort + i)));
    const senders = flows.map((flow, i) => start(flow.from, send(flow, firstPort + i, timing, socketBuffer)));
    // First the senders: a receiver whose sender failed waits for another.
    for (const sender of senders) readReport(await sender.ended, 'sender');
    const outcomes = await Promise.all(receivers.map((receiver) => receiver.ended));
    const flooded = new Set(flows.filter(({ protocol }) => protocol === 'udp').map(({ to }) => to.space));
    for (const space of flooded) await drained(space, signal);
    return outcomes.map((outcome) => steadyRate(readReport(outcome, 'receiver'), timing));
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    for (const child of running) child.kill();
    await Promise.all(running.map((child) => child.ended));
  }
}

function receive(port: number): string[] {
  return ['--server', '--one-off', '--json', '--interval', `${interval}`, '--port', `${port}`];
}

function send(flow: Flow, port: number, { omit, seconds }: Timing, socketBuffer: number): string[] {
  const { family, to } = flow;
  const time = `${omit + seconds + tail}`;
  const connection = ['--client', to.address[family], `-${family}`, '--port', `${port}`];
  const common = [...connection, '--connect-timeout', '5000', '--json', '--time', time];
  // As most guests do, whatever this host is set to. BBR in both directions at once is erratic over a few
  // seconds: 0.4 to 1.0 of what it reaches in one (measured behind a bfifo of 25 to 100 ms).
  if (flow.protocol === 'tcp') {
    return [...common, '--congestion', 'cubic', '--parallel', `${flow.connections ?? 1}`];
  }
  const packets = ['--udp', '--bitrate', `${Math.round(flow.rate)}`, '--length', `${flow.length}`];
  // iperf3 reads its socket when it gets the CPU: by default that buffer holds 35 ms of 30 mbit.
  return [...common, ...packets, '--window', `${socketBuffer}`];
}

/**
 * What the kernel grants is less than asked for on most hosts, and iperf3 takes that for an error. Until 6.1 Linux says
 * how much that is in its first network namespace only; elsewhere it is taken for what every kernel begins with.
 */
async function readSocketBuffer(): Promise<number> {
  const limits = ['rmem_max', 'wmem_max'].map((name) =>
    readFile(`/proc/sys/net/core/${name}`, 'utf8').catch(() => '212992'),
  );
  return Math.min(2 ** 21, ...(await Promise.all(limits)).map(Number));
}

/** Until the process has its port open, as the kernel lists it for the process's own namespace. */
async function listening(receiver: Running, port: number): Promise<void> {
  const entry = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} 0+:0000 0A `, 'm');
  for (let waited = 0; waited < 5000; waited += 10) {
    const tables = ['tcp', 'tcp6'].map((name) =>
      readFile(`/proc/${receiver.pid}/net/${name}`, 'utf8').catch(() => ''),
    );
    if ((await Promise.all(tables)).some((table) => entry.test(table))) return;
    await delay(10);
  }
  throw new Error(`iperf3 does not listen on port ${port}`);
}

export interface Report {
  intervals: { sum: { start: number; end: number; seconds: number; bytes: number } }[];
}

function readReport({ status, stdout, stderr }: Outcome, role: string): Report {
  if (status === undefined || stdout === '')
    throw new Error(`iperf3, ${role}: ${stderr || 'ended without a report'}`);
  const report = JSON.parse(stdout) as Report & { error?: string };
  if (report.error) throw new Error(`iperf3, ${role}: ${report.error}`);
  return report;
}

/**
 * Bits of payload per second in the steady part: of the intervals whose middle lies in it, since on a busy
 * machine they come late and are long. @throws when there is none
 */
export function steadyRate({ intervals }: Report, { omit, seconds }: Timing): number {
  const steady = intervals
    .map(({ sum }) => sum)
    .filter(({ start, end }) => {
      const middle = (start + end) / 2;
      return middle > omit && middle < omit + seconds;
    });
  const time = steady.reduce((total, sum) => total + sum.seconds, 0);
  if (time === 0) throw new Error(`iperf3 reported nothing between ${omit} and ${omit + seconds} s`);
  return (steady.reduce((total, sum) => total + sum.bytes, 0) * 8) / time;
}
