// How long a packet takes there and back. The median, because on a busy machine single packets wait for the CPU.
import type { Station } from './iperf.ts';

const interval = 0.05;

/** @returns milliseconds @throws Error when fewer than half of the packets came back */
export async function medianPing(from: Station, to: Station, seconds: number): Promise<number> {
  const count = Math.round(seconds / interval);
  const args = ['-n', '-i', `${interval}`, '-c', `${count}`, '-W', '1', to.address[4]];
  const { stdout, stderr } = await from.space.start('ping', args).ended;
  const times = [...stdout.matchAll(/ time=([\d.]+) ms/g)].map((match) => Number(match[1]));
  if (times.length < count / 2)
    throw new Error(`ping ${to.address[4]}: ${times.length} of ${count} came back ${stderr}`);
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
