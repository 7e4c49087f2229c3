// One emulated machine: qemu with a stock kernel and this host's files. There is no KVM to be relied on, so its CPU is
// emulated: ten to twenty times slower, and otherwise the kernel's own. What it says comes by a shared folder.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '../support/matrix.ts';
import type { Job } from './jobs.ts';

export interface Machine {
  /** Of fetch.sh. */
  kernel: string;
  /** What is tested: a copy that nobody changes meanwhile. */
  checkout: string;
  /** Made anew. */
  results: string;
  /** Of the machine. One more than this host has to spare is worse than one less: they wait for one another. */
  cpus: number;
}

/** Seconds until the jobs begin. The emulation's timers stand still at times while it boots; then it is tried again. */
const bootLimit = 180;
const tries = 3;

/**
 * What costs an emulated CPU most and changes nothing of what is tested. Together they start a process three times as
 * fast: code that lies at another address in each process is translated anew for each, and where the CPU is said to
 * be good at "rep movs" (112 is its number in cpufeatures.h) the kernel copies by it, which is emulated word by word.
 */
const faster = [
  ...['mitigations=off', 'audit=0', 'apparmor=0', 'cgroup_disable=memory'],
  ...['nokaslr', 'norandmaps', 'randomize_kstack_offset=off'],
  ...['init_on_alloc=0', 'hardened_usercopy=off', 'clearcpuid=112', 'transparent_hugepage=never'],
];

/**
 * What a kernel dies of when QEMU before 8.1 (its commit deba78709a mends it) lets one of two CPUs run an int3 that the
 * other has just patched away, as at each static key that ping turns on or off.
 */
const emulatorsFault = /^\[ *[\d.]+\] (?:Oops: )?int3: 0000/m;

/**
 * What the emulator's own fault has ended is booted again, with the jobs that are left.
 *
 * @param limit seconds for all of it
 * @yields each result when it is there
 * @throws Error when the machine does not boot, or ends before its jobs
 */
export async function* runMachine(machine: Machine, jobs: Job[], limit: number): AsyncGenerator<Result> {
  const until = Date.now() + limit * 1000;
  let left = jobs;
  for (let count = 0; left.length > 0 && count < tries; count += 1) {
    if (left !== jobs)
      console.log(`again, after a fault of the emulator: ${left.map(({ name }) => name).join(' ')}`);
    const ended = new Set<string>();
    for await (const result of runOnce(machine, left, until)) {
      ended.add(result.name);
      yield result;
    }
    left = left.filter(({ name }) => !ended.has(name));
  }
  if (left.length > 0) throw new Error(`the emulator failed ${tries} times\n${lastWords(machine)}`);
}

/** Ends before its jobs where the emulator is at fault. */
async function* runOnce(machine: Machine, jobs: Job[], until: number): AsyncGenerator<Result> {
  const qemu = await boot(machine, jobs);
  try {
    let seen = 0;
    while (true) {
      const over = hasEnded(qemu) || existsSync(join(machine.results, 'done'));
      const results = readResults(machine.results);
      for (; seen < results.length; seen += 1) yield results[seen] as Result;
      if (seen === jobs.length) return;
      if (over && emulatorsFault.test(textOf(join(machine.results, 'console')))) return;
      if (over) throw new Error(`the machine ended before its jobs\n${lastWords(machine)}`);
      if (Date.now() > until) throw new Error(`its time is over (--hours)\n${lastWords(machine)}`);
      await sleep(500);
    }
  } finally {
    await end(qemu);
  }
}

async function boot(machine: Machine, jobs: Job[]): Promise<ChildProcess> {
  for (let count = 0; count < tries; count += 1) {
    rmSync(machine.results, { recursive: true, force: true });
    mkdirSync(machine.results, { recursive: true });
    writeFileSync(join(machine.results, 'jobs.json'), JSON.stringify(jobs));
    const qemu = start(machine);
    for (let waited = 0; waited < bootLimit && !hasEnded(qemu); waited += 1) {
      if (existsSync(join(machine.results, 'up'))) return qemu;
      await sleep(1000);
    }
    await end(qemu);
  }
  throw new Error(`the machine does not boot\n${lastWords(machine)}`);
}

function start({ kernel, checkout, results, cpus }: Machine): ChildProcess {
  const share = (id: string, path: string, ...options: string[]) => [
    '-fsdev',
    [`local,id=${id},path=${path},security_model=none,multidevs=remap`, ...options].join(','),
    '-device',
    `virtio-9p-pci,fsdev=${id},mount_tag=${id}`,
  ];
  const parameters = [
    'console=ttyS0',
    'panic=-1',
    'tsc=reliable',
    ...faster,
    `checkout=${checkout}`,
    `kernel=${kernel}`,
  ];
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-machine', 'q35'],
      ...['-accel', 'tcg,tb-size=512', '-smp', `${cpus}`, '-m', '3072'],
      // A CPU with little to save at each switch, and without page tables of five levels.
      ...['-cpu', 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt'],
      ...['-kernel', join(kernel, 'vmlinuz'), '-initrd', join(kernel, 'initramfs.cpio')],
      ...['-append', parameters.join(' '), '-serial', `file:${join(results, 'console')}`],
      ...share('host', '/', 'readonly=on'),
      ...share('results', results),
    ],
    { stdio: 'ignore' },
  );
  qemu.on('error', () => {}); // Its exit code says it, too.
  const kill = () => qemu.kill('SIGKILL');
  process.once('exit', kill);
  qemu.once('exit', () => process.off('exit', kill));
  return qemu;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function end(qemu: ChildProcess): Promise<void> {
  if (hasEnded(qemu)) return;
  const ended = new Promise((resolve) => qemu.once('exit', resolve));
  qemu.kill('SIGKILL');
  await ended;
}

function readResults(folder: string): Result[] {
  const lines = textOf(join(folder, 'results.jsonl')).split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Result);
}

function lastWords({ results }: Machine): string {
  const tail = (name: string) => textOf(join(results, name)).split('\n').slice(-15).join('\n');
  return `${tail('output')}\n${tail('console')}`;
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
