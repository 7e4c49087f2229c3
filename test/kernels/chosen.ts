// What virt-shaper finds out about the kernel that runs, and what doctor says of it: one JSON line, for the matrix.
// Exit status 1 when doctor sees a problem or a warning about a kernel that has all that is needed.
import { release } from 'node:os';
import type { Finding } from '../../src/doctor/finding.ts';
import { chooseKernel, readLacking } from '../../src/host/kernel.ts';
import { TestHost } from '../kernel/host.ts';

export interface Chosen {
  release: string;
  redirect: string;
  leaf: string;
  /** Leaves that the configuration may not name here. */
  lacking: string[];
  /** What doctor says of the kernel, as `level: check: detail`. */
  doctor: string[];
}

const host = new TestHost('[uplink.eth0]\nceil = "1gbit"\n').bridge('br0', 'eth0');
const { findings } = JSON.parse(host.run(['doctor', '--json']).stdout) as { findings: Finding[] };
const ofKernel = findings.filter(({ check }) => check.startsWith('kernel'));
const { redirect, leaf, lacking = [] } = chooseKernel(await readLacking());
const chosen: Chosen = {
  release: release(),
  redirect,
  leaf,
  lacking,
  doctor: ofKernel.map(({ level, check, detail }) => `${level}: ${check}: ${detail}`),
};
console.log(JSON.stringify(chosen));
if (ofKernel.some(({ level }) => level !== 'ok')) process.exitCode = 1;
host.end();
