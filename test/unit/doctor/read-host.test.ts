// How doctor reads its facts of the host: from tools that answer as told here, and from files below a folder.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attempt, had } from '../../../src/doctor/finding.ts';
import { readKernelFacts } from '../../../src/doctor/read/kernel.ts';
import { readLibvirt } from '../../../src/doctor/read/libvirt.ts';
import { readTools } from '../../../src/doctor/read/tools.ts';
import { findProgram } from '../../../src/hooks/program.ts';
import { makePaths } from '../../../src/store/paths.ts';
import type { Outcome, Run } from '../../../src/system/exec.ts';
import { needsRoot } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-doctor-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const paths = () => makePaths({ root });
const put = (file: string, text = '') => {
  writeFileSync(file, text);
  return file;
};
const well: Outcome = { status: 0, stdout: '', stderr: '' };

test('each tool is asked for its version in its own way; one that does not run says why', async () => {
  const asked: string[] = [];
  const answers: Record<string, Outcome> = {
    nft: { status: 127, stdout: '', stderr: 'nft: no libnftables\nmore of it\n' },
    flock: { status: 3, stdout: '', stderr: '' },
    tc: { status: 0, stdout: '', stderr: 'tc utility, iproute2-6.1.0' },
    logger: { status: 1, stdout: 'logger 2.41', stderr: 'complains' },
  };
  const run: Run = async (tool, args) => {
    asked.push([tool, ...args].join(' '));
    return answers[tool] ?? { ...well, stdout: `${tool} 1.2.3` };
  };
  const { tools, uid, node } = await readTools(run);
  assert.equal(asked, [
    'nft --version',
    'tc -V',
    'ip -V',
    'flock --version',
    'unshare --version',
    'logger --version',
  ]);
  assert.equal(
    [...tools].map(([name, found]) => `${name}: ${'value' in found ? found.value : found.failed}`),
    [
      'nft: does not run: nft: no libnftables',
      'tc: tc utility, iproute2-6.1.0',
      'ip: ip 1.2.3',
      'flock: does not run: exit status 3',
      'unshare: unshare 1.2.3',
      'logger: logger 2.41',
    ],
  );
  assert.equal([uid, node], [process.geteuid?.(), process.versions.node]);
});

/** The rights that /proc says are missing are those that are named. */
async function missingRights(): Promise<string[]> {
  const [, held = '0'] = readFileSync('/proc/self/status', 'utf8').match(/^CapEff:\s*(\S+)$/m) ?? [];
  const has = (bit: number) => (BigInt(`0x${held}`) >> BigInt(bit)) % 2n === 1n;
  const expected = [...(has(12) ? [] : ['CAP_NET_ADMIN']), ...(has(21) ? [] : ['CAP_SYS_ADMIN'])];
  const { lackingRights, uid } = await readTools(async () => well);
  assert.equal([lackingRights, uid], [expected, process.geteuid?.()]);
  return expected;
}

test('rights that are missing are named, of whoever runs it', async () => {
  await missingRights();
});

unless(needsRoot())('and of who is not root both', async () => {
  process.seteuid?.(65534);
  try {
    assert.equal(await missingRights(), ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']);
  } finally {
    process.seteuid?.(0);
  }
});

test('libvirt: what systemd starts, whose folders are there, and whether a sync follows by itself', async () => {
  const unit = (name: string, active: boolean) => ({
    name,
    there: true,
    enabled: true,
    active,
    failed: false,
  });
  const read = (...units: ReturnType<typeof unit>[]) =>
    readLibvirt(async () => ({ ...well, status: 127 }), paths(), {
      systemd: true,
      configured: true,
      loaded: true,
      command: [],
      units,
    });
  const [watch, sync] = ['virt-shaper-watch.path', 'virt-shaper-sync.path'] as const;
  const syncs = async (...units: ReturnType<typeof unit>[]) => (await read(...units)).syncs;
  assert.is(await syncs(unit(watch, true), unit(sync, true)), true);
  assert.is(await syncs(unit(watch, true), unit(sync, false), unit('a.path', true)), false);
  assert.is(await syncs(unit(watch, false), unit(sync, true)), false);
  assert.is(await syncs(unit(watch, true)), false);
  assert.is(await syncs(), false);
  const sockets = [unit('a.socket', true), unit('b.socket', false), unit('c.service', true)];
  assert.equal((await read(...sockets)).sockets, ['a.socket']);
  assert.equal((await read()).drivers, []);
  const { program } = await read();
  const [, self = ''] = process.argv;
  assert.equal(program, await attempt(() => findProgram(self, process.execPath)), 'what runs now');
  const programs = ['libvirtd', 'virtqemud', 'virtlxcd'].map((name) => `/usr/sbin/${name}`);
  const unknown = await read();
  assert.equal([unknown.installed, unknown.version], [programs.some((name) => existsSync(name)), undefined]);
  const services = { systemd: true, configured: true, loaded: true, command: [], units: [] };
  const known = await readLibvirt(
    async () => ({ ...well, stdout: 'libvirtd (libvirt) 11.3.0\n' }),
    paths(),
    services,
  );
  assert.equal([known.installed, known.version], [true, '11.3.0']);
  mkdirSync(paths().libvirtState('lxc'), { recursive: true });
  const { drivers, daemons, hooks } = await read();
  assert.equal([drivers, [...daemons]], [['lxc'], []]);
  assert.equal(
    hooks.map(({ driver, whose, executable }) => [driver, whose, executable]),
    ['qemu', 'lxc', 'network'].flatMap((driver) =>
      hooks.some((one) => one.driver === driver) ? [[driver, 'nobody', false]] : [],
    ),
  );
});

test('a kernel is what its trials say; where they cannot be made that is what is known', async () => {
  const tried = 'match mark 0x1 0xffffffff';
  const by = async (tc: Partial<Outcome>, nft: Partial<Outcome> = {}) => {
    const run: Run = async (_, args) => ({
      ...well,
      ...(args.includes('tc') ? tc : args.includes('nft') ? nft : {}),
    });
    return readKernelFacts(run, put(join(root, 'kernel.json')));
  };
  const all = await by({ stdout: tried });
  assert.equal([had(all.lacking)?.size, had(all.chosen)?.redirect, all.kept], [0, 'fw', undefined]);
  assert.equal([all.release, all.bridgeTable], [release(), { value: undefined }]);
  const some = await by({ stdout: tried, status: 1, stderr: 'Command failed -:8\n' });
  assert.equal([had(some.chosen)?.redirect, ...(had(some.lacking) ?? [])], ['bpf', 'cls_fw']);
  const denied = await by({ status: 1, stderr: 'unshare: unshare failed: Operation not permitted\n' });
  const why = "this kernel's features cannot be tried out: unshare: unshare failed: Operation not permitted";
  for (const one of [denied.lacking, denied.chosen]) {
    assert.is('failed' in one && one.failed, why);
    assert.ok('hint' in one && one.hint);
  }
  const table = async (nft: Partial<Outcome>) => (await by({ stdout: tried }, nft)).bridgeTable;
  assert.equal(await table({ status: 1, stderr: 'Error: no such family\nx\n' }), {
    value: 'Error: no such family',
  });
  assert.equal(await table({ status: 1, stderr: 'unshare: failed\n' }), {
    failed: 'cannot be tried out: unshare: failed',
  });
  const kept = { leaf: 'bfifo', redirect: 'u32', lacking: ['sfq'] };
  const cache = put(join(root, 'other.json'), JSON.stringify({ release: release(), ...kept }));
  assert.equal((await readKernelFacts(async () => ({ ...well, stdout: tried }), cache)).kept, kept as never);
});

test.run();
