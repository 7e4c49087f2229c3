// Measures flows with iperf3, all of them at once, and says what arrived. A sender's figure counts what the
// queues on the way drop or still hold, and iperf3's own --omit (3.12) now and then counts an interval twice
// while halving its bytes, so the figure is cut here from the receiver's intervals: those that lie between
// `omit` and `omit + seconds` after its start, while every flow of the list is running.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Namespace, Running } from '../support/netns.ts';

export type Family = 4 | 6;

export interface Station {
  space: Namespace;
  address: Record<Family, string>;
}

export type Flow = {
  from: Station;
  to: Station;
  family: Family;
} & /** `connections`: how many the flow is made of; 1 unless told. */
(
  | { protocol: 'tcp'; connections?: number }
  /** `rate`: bits of payload per second that are offered; `length`: bytes of payload per packet. */
  | { protocol: 'udp'; rate: number; length: number }
);

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
    const timeout = (timing.omit + timing.seconds + 20) * 1000;
    const child = at.space.start('iperf3', args, { timeout, ...(signal ? { signal } : {}) });
    running.push(child);
    return child;
  };
  try {
    const socketBuffer = await readSocketBuffer();
    const receivers = flows.map((flow, i) => start(flow.to, receive(firstPort + i)));
    await Promise.all(receivers.map((receiver, i) => listening(receiver, firstPort + i)));
    const senders = flows.map((flow, i) => start(flow.from, send(flow, firstPort + i, timing, socketBuffer)));
    // A receiver whose sender failed would wait for another.
    for (const [i, sender] of senders.entries())
      readReport((await sender.ended).stdout, `sender to ${flows[i]?.to.space.name}`);
    const outcomes = await Promise.all(receivers.map((receiver) => receiver.ended));
    return outcomes.map(({ stdout }, i) =>
      steadyRate(readReport(stdout, `receiver in ${flows[i]?.to.space.name}`), timing),
    );
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
  const connection = ['--client', flow.to.address[flow.family], `-${flow.family}`, '--port', `${port}`];
  const common = [...connection, '--connect-timeout', '5000', '--json', '--time', `${omit + seconds + tail}`];
  // As most guests do, whatever this host is set to. BBR in both directions at once is erratic over a few
  // seconds: 0.4 to 1.0 of what it reaches in one (measured behind a bfifo of 25 to 100 ms).
  if (flow.protocol === 'tcp')
    return [...common, '--congestion', 'cubic', '--parallel', `${flow.connections ?? 1}`];
  // iperf3 reads its socket when it gets the CPU: by default that buffer holds 35 ms of 30 mbit.
  const buffer = ['--window', `${socketBuffer}`];
  return [
    ...common,
    '--udp',
    '--bitrate',
    `${Math.round(flow.rate)}`,
    '--length',
    `${flow.length}`,
    ...buffer,
  ];
}

/** What the kernel grants is less than asked for on most hosts, and iperf3 takes that for an error. */
async function readSocketBuffer(): Promise<number> {
  const limits = ['rmem_max', 'wmem_max'].map((name) => readFile(`/proc/sys/net/core/${name}`, 'utf8'));
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

function readReport(json: string, who: string): Report {
  if (json === '') throw new Error(`iperf3, ${who}: ended without a report`);
  const report = JSON.parse(json) as Report & { error?: string };
  if (report.error) throw new Error(`iperf3, ${who}: ${report.error}`);
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
