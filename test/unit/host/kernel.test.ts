// What a kernel lacks, from what its tools said of each trial, and what is chosen then. That real kernels answer so is for
// test/kernel and test/kernels.
import { release } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseKernel, decodeCache, readLacking } from '../../../src/host/kernel.ts';
import { Failure } from '../../../src/system/errors.ts';
import type { Outcome, Run } from '../../../src/system/exec.ts';

const well: Outcome = { status: 0, stdout: 'match mark 0x0001 0xffffffff (success 0 )\n', stderr: '' };

/** @param failed numbers of lines of the batch */
async function lacking(failed: number[], { tc = well, ifb = well } = {}): Promise<string[]> {
  const stderr = tc.stderr + failed.map((line) => `Error: Unknown.\nCommand failed -:${line}\n`).join('');
  const run: Run = async (_, args) => (args.includes('tc') ? { ...tc, stderr } : ifb);
  return [...(await readLacking(run))];
}

test('each line that failed says which module is not there', async () => {
  assert.equal(await lacking([]), []);
  const modules = [
    'sch_htb',
    'sch_htb',
    'sch_fq_codel',
    'sch_cake',
    'sch_sfq',
    'sch_ingress',
    'act_mirred',
    'cls_fw',
    'cls_bpf',
    'cls_u32_mark',
  ];
  for (const [at, module] of modules.entries())
    assert.equal(await lacking([at + 1]), [module], `line ${at + 1}`);
  assert.equal(await lacking([4, 5]), ['sch_cake', 'sch_sfq']);
  assert.equal(await lacking([], { ifb: { ...well, status: 2 } }), ['ifb']);
});

test('each module is tried out by what a load would ask of it', async () => {
  const asked: string[] = [];
  await readLacking(async (_, args, options) => {
    asked.push(args.join(' '), ...(options?.input ?? '').trimEnd().split('\n'));
    return well;
  });
  const redirect = 'action mirred egress redirect dev lo';
  const filter = (pref: number) => `filter add dev lo egress protocol all pref ${pref}`;
  assert.equal(asked.filter(Boolean), [
    '-n tc -force -batch -',
    'qdisc add dev lo root handle 1: htb r2q 1',
    'class add dev lo parent 1: classid 1:1 htb rate 1mbit quantum 1514',
    'qdisc replace dev lo parent 1:1 handle 2: fq_codel',
    'qdisc replace dev lo parent 1:1 handle 3: cake unlimited',
    'qdisc replace dev lo parent 1:1 handle 4: sfq',
    'qdisc add dev lo clsact',
    `${filter(2)} u32 match u32 0 0 ${redirect}`,
    `${filter(3)} handle 1 fw ${redirect}`,
    `${filter(4)} bpf bytecode '1,6 0 0 4294967295' ${redirect}`,
    `${filter(5)} u32 match mark 0x1 0xffffffff ${redirect}`,
    'filter show dev lo egress pref 5',
    '-n ip link add ifb-probe type ifb',
  ]);
});

test('a filter whose mark the kernel has dropped would take every packet', async () => {
  assert.equal(await lacking([], { tc: { ...well, stdout: 'filter u32 flowid 1:1\n' } }), ['cls_u32_mark']);
});

test('where nothing could be tried out nothing is taken to be lacking', async () => {
  for (const [stderr, hint] of [
    [
      'unshare: failed to execute tc: No such file or directory\n',
      'install the packages iproute2 and util-linux',
    ],
    ['unshare: unshare failed: Operation not permitted\n', 'CAP_SYS_ADMIN'],
  ] as const) {
    for (const one of ['tc', 'ifb']) {
      const answer = { [one]: { status: 1, stdout: '', stderr } };
      const error = await lacking([], answer).catch((thrown) => thrown);
      assert.instance(error, Failure);
      assert.match(error.message, "this kernel's features cannot be tried out: unshare: ");
      assert.match(error.hint ?? '', hint);
    }
  }
});

const chosen = (...modules: string[]) => chooseKernel(new Set(modules));

test('the cheapest of what is there is chosen', () => {
  assert.equal(chosen(), { leaf: 'fq_codel', redirect: 'fw', lacking: [] });
  assert.is(chosen('cls_fw').redirect, 'bpf');
  assert.is(chosen('cls_fw', 'cls_bpf').redirect, 'u32');
  assert.is(chosen('cls_bpf', 'cls_u32_mark').redirect, 'fw');
  const leaves = chosen('sch_fq_codel', 'sch_cake');
  assert.is(leaves.leaf, 'bfifo');
  assert.equal(leaves.lacking?.slice().sort(), ['cake', 'fq_codel']);
});

test('what nothing stands in for is said, and ends it', () => {
  for (const module of ['sch_htb', 'sch_ingress', 'act_mirred', 'ifb'])
    assert.throws(() => chosen(module), new RegExp(`this kernel has no ${module}, without which`));
  assert.throws(() => chosen('cls_fw', 'cls_bpf', 'cls_u32_mark'), /neither cls_fw nor cls_bpf nor marks/);
});

test('what was found out holds for this kernel only, and whole', () => {
  const known = { leaf: 'fq_codel', redirect: 'fw', lacking: ['cake'] };
  const read = (content: object) => decodeCache(JSON.stringify({ release: release(), ...known, ...content }));
  assert.equal(read({}), known);
  for (const other of [{ release: '1.0' }, { leaf: undefined }, { redirect: '' }, { lacking: undefined }])
    assert.is(read(other), undefined, JSON.stringify(other));
  for (const text of ['', '{', undefined]) assert.is(decodeCache(text), undefined);
});

test.run();
