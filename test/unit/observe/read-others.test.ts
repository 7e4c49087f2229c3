// What is asked of tools that only some hosts have, and what an answer that nobody understands counts for.
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseTableNames, readTcx, readXtables } from '../../../src/observe/read-others.ts';
import type { Run } from '../../../src/system/exec.ts';

/** A bpftool that answers these. */
function bpftool(answers: Record<string, unknown>) {
  const asked: string[] = [];
  const run = (async (tool: string, args: string[]) => {
    asked.push([tool, ...args].join(' '));
    const answer = answers[args[1] ?? ''];
    return { status: 0, stdout: typeof answer === 'string' ? answer : JSON.stringify(answer), stderr: '' };
  }) as unknown as Run;
  return { run, asked };
}

const attached = (kind: string, more: object = {}) => ({ devname: 'eth0', kind, prog_id: 7, ...more });

test('programs of tcx and netkit are told by name, or by id; those that tc lists are not', async () => {
  const nets = [
    { tc: [attached('tcx/ingress', { name: 'one' }), attached('clsact/egress', { name: 'two' })] },
    { xdp: [attached('driver')] },
    { tc: [attached('netkit/peer', { name: '' }), attached('tcxy/egress'), attached('tcx/egress')] },
  ];
  const { run, asked } = bpftool({ prog: [{ type: 'kprobe' }, { type: 'sched_cls' }], net: nets });
  assert.equal(
    (await readTcx(run)).map(({ device, where, name }) => `${device} ${where} ${name}`),
    ['eth0 tcx_ingress one', 'eth0 netkit_peer of id 7', 'eth0 tcx_egress of id 7'],
  );
  assert.equal(asked, ['bpftool -j prog show', 'bpftool -j net show']);
});

test('where no program is of the kind, the devices are not listed; what fails is none', async () => {
  const none = bpftool({ prog: [{ type: 'kprobe' }], net: [{ tc: [attached('tcx/egress')] }] });
  assert.equal([await readTcx(none.run), none.asked], [[], ['bpftool -j prog show']]);
  assert.equal(await readTcx(bpftool({ prog: [] }).run), []);
  const some = [{ type: 'sched_cls' }];
  for (const answers of [{ prog: 'Error: denied' }, { prog: some, net: 'no JSON' }, { prog: some, net: {} }])
    assert.equal(await readTcx(bpftool(answers).run), []);
});

test('the tables that the kernel has are told by name', () => {
  assert.equal(parseTableNames(), [], 'no such file');
  assert.equal(parseTableNames(''), []);
  assert.equal(parseTableNames('nat\nmangle\nfilter\n'), ['filter', 'mangle', 'nat']);
});

test('iptables-legacy is run where the kernel has its tables already: it would make them', async () => {
  const has = (family: string) => {
    const file = `/proc/net/${family}_tables_names`;
    return existsSync(file) && readFileSync(file, 'utf8').trim() !== '';
  };
  const asked: string[] = [];
  const run: Run = async (tool) => {
    asked.push(tool);
    return { status: 1, stdout: '', stderr: '' };
  };
  const { tables, unseen } = await readXtables(run);
  const there = ['ip', 'ip6'].filter(has);
  assert.equal(tables, []);
  assert.equal(
    unseen.map((one) => one.split('-')[0]),
    there.map((family) => `${family}tables`),
  );
  assert.ok(asked.length <= there.length, asked.join());
});

test.run();
