// What one CPU carries. Time is what the scheduler says the senders and receivers had of a CPU: a veth device does
// all that the kernel has to do for a packet, up to the far end, in its sender's name, so that other work on this
// machine is not in the figure. On an idle machine it is the rate by the clock.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Direction } from '../../../src/units/units.ts';
import { type End, endsOf, type Path } from './path.ts';

export interface Carried {
  /** By the receiver's device: with large frames (GSO) those that the host had to look at. */
  packets: number;
  bytes: number;
  /** Of CPU time, by all that was waited for. */
  seconds: number;
  /** By the clock. */
  took: number;
}

/** Where a rate is offered: one CPU's system calls do not make a gigabit on every machine. */
const senders = 2;

/**
 * UDP as fast as one CPU sends it, by a ring of frames.
 * @param payload bytes in each packet; 18 make the smallest frame there is: 64 bytes with its checksum
 * @param offered bits of frames per second, in place of as many as can be. These go by two sockets, each of which waits
 *   while its queue is full. A ring ends where the kernel takes nothing for a moment (EAGAIN): behind a class that is full
 *   that is soon, and starting again takes longer than what is queued lasts.
 */
export async function flood(
  path: Path,
  direction: Direction,
  seconds: number,
  { payload = 18, offered }: { payload?: number; offered?: number } = {},
): Promise<Carried> {
  const { from, to, source, target } = endsOf(path, direction);
  const frame = `{ eth(da=${target.nobody}, sa=${source.mac}), ipv4(id=1, ttl=64, sa=${source.address}, da=${target.address}), udp(sp=9, dp=9), fill(0, ${payload}) }`;
  const args = ['--dev', source.device, '--conf', '-', '--cpus', '1', '--qdisc-path', '--notouch-irq'];
  if (offered !== undefined) args.push('--rate', `${Math.round(offered / senders / 1e6)}Mbit`);
  const send = 'printf "%s\\n" "$FRAME" | nice -n -20 trafgen "$@"';
  const again =
    offered === undefined
      ? `for try in 1 2 3 4 5 6 7 8; do ${send} && break; done`
      : `for sender in $(seq ${senders}); do ${send} & done; wait`;
  const sender = from.space.start('env', [`FRAME=${frame}`, 'sh', '-c', again, 'sh', ...args], {
    timeout: (seconds + 20) * 1000,
  });
  try {
    await flowing(to, target.device, sender.ended);
    return await carried(to, target.device, [sender.pid ?? 0], seconds);
  } finally {
    sender.kill();
    await sender.ended;
  }
}

/** One connection without a limit, in frames as large as the devices take them: up to 64 KB. */
export async function stream(path: Path, direction: Direction, seconds: number): Promise<Carried> {
  const { from, to, target } = endsOf(path, direction);
  const timeout = (seconds + 20) * 1000;
  const server = to.space.start('iperf3', ['--server', '--one-off', '--bind', target.address], { timeout });
  const client = from.space.start(
    'sh',
    [
      '-c',
      'until iperf3 --client "$1" --time 3600 --congestion cubic >/dev/null 2>&1; do sleep 0.02; done',
      'sh',
      target.address,
    ],
    { timeout },
  );
  try {
    await flowing(to, target.device, server.ended);
    return await carried(to, target.device, [server.pid ?? 0, client.pid ?? 0], seconds);
  } finally {
    client.kill();
    server.kill();
    await Promise.all([client.ended, server.ended]);
  }
}

/** Until packets arrive in number, and a moment longer: caches are warm and TCP has opened its window. */
async function flowing(to: End, device: string, failed: Promise<{ stderr: string }>): Promise<void> {
  const first = counters(to, device).packets;
  let ended: string | undefined;
  failed.then(({ stderr }) => {
    ended = stderr.trim();
  });
  for (let waited = 0; waited < 10_000; waited += 10) {
    if (ended !== undefined) throw new Error(`no packets are sent: ${ended}`);
    if (counters(to, device).packets > first + 500) return void (await delay(150));
    await delay(10);
  }
  throw new Error(`no packets arrive at ${device}`);
}

async function carried(to: End, device: string, pids: number[], seconds: number): Promise<Carried> {
  const look = () => ({
    ...counters(to, device),
    seconds: cpuTime(pids.flatMap(family)),
    took: performance.now() / 1000,
  });
  const before = look();
  await delay(seconds * 1000);
  const after = look();
  return {
    packets: after.packets - before.packets,
    bytes: after.bytes - before.bytes,
    seconds: after.seconds - before.seconds,
    took: after.took - before.took,
  };
}

function counters({ pid }: End, device: string): { bytes: number; packets: number } {
  const line = readFileSync(`/proc/${pid}/net/dev`, 'utf8')
    .split('\n')
    .find((one) => one.trim().startsWith(`${device}:`));
  const [bytes = 0, packets = 0] = (line?.split(':')[1]?.trim().split(/\s+/) ?? []).map(Number);
  return { bytes, packets };
}

/** @returns why no CPU time can be told here; nothing if it can */
export function needsCpuTimes(): string | undefined {
  const files = ['schedstat', `task/${process.pid}/children`].map((name) => `/proc/self/${name}`);
  const missing = files.filter((file) => !existsSync(file));
  return missing.length > 0 ? `this kernel has no ${missing.join(', ')}` : undefined;
}

/** A process and all that it started. */
function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
}

/** Seconds that the processes' threads have run, by the scheduler's own clock. */
function cpuTime(pids: number[]): number {
  const threads = pids.flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`);
    } catch {
      return [];
    }
  });
  return threads.reduce((sum, file) => sum + Number(read(file).split(' ')[0] ?? 0), 0) / 1e9;
}

/** Nothing, when the process has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
