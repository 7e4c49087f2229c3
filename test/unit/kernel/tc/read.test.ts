// What tc answers to many questions at once, told apart.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readClassBytes, readClasses, separator } from '../../../../src/kernel/tc/read.ts';
import type { Run } from '../../../../src/system/exec.ts';

const htb = (id: string, parent: string, bytes = 0) =>
  `class htb ${id} parent ${parent} prio 0 rate 1Mbit ceil 2Mbit burst 16Kb cburst 16Kb \n Sent ${bytes} bytes 2 pkt (dropped 0, overlimits 0 requeues 0) \n`;
const classes: Record<string, string> = {
  eth0: htb('1:10', '1:ffff', 5) + htb('1:ffff', 'root', 9).replace('parent root', 'root'),
  'ifb-eth0': htb('2:10', '2:ffff', 7),
  eth1: '',
};
const lo = 'qdisc noqueue 0: root refcnt 2 \n';

/** A tc that prints `lines` for each of its separators. */
function tc(lines: string, complaints: (asked: string) => string = () => '') {
  const asked: string[] = [];
  const run = (async (_command: string, _args: string[], { input }: { input: string }) => {
    asked.push(input);
    const said = input
      .split('\n')
      .map((line) => (line === separator ? lines : (classes[line.split(' ').at(-1) ?? ''] ?? '')));
    const stderr = complaints(input);
    return { status: stderr === '' ? 0 : 1, stdout: said.join(''), stderr };
  }) as unknown as Run;
  return { run, asked };
}

const bytesOf = (found: [string, Map<string, number>][]) =>
  found.map(([device, bytes]) => [device, Object.fromEntries(bytes)]);
const expected = [
  ['eth0', { '1:10': 5, '1:ffff': 9 }],
  ['ifb-eth0', { '2:10': 7 }],
  ['eth1', {}],
];

test('of each device its own classes, however many lines lo has', async () => {
  for (const lines of [lo, lo + lo]) {
    const { run, asked } = tc(lines);
    assert.equal(bytesOf(await readClassBytes(run, ['eth0', 'ifb-eth0', 'eth1'])), expected);
    assert.is(asked.length, 1);
  }
});

test('without lo each device is asked for by itself', async () => {
  for (const [many, processes] of [
    [3, 4],
    [2, 3],
    [1, 1],
  ] as const) {
    const { run, asked } = tc('');
    const devices = ['eth0', 'ifb-eth0', 'eth1'].slice(0, many);
    assert.equal(bytesOf(await readClassBytes(run, devices)), expected.slice(0, many));
    assert.is(asked.length, processes, `${many} devices`);
  }
});

test('nobody is asked about no device', async () => {
  const { run, asked } = tc(lo);
  assert.equal(await readClassBytes(run, []), []);
  assert.is(asked.length, 0);
});

test('parents come before children', async () => {
  const found = await readClasses(tc(lo).run, ['eth0', 'eth1']);
  assert.equal(
    found.map(({ id, device }) => `${device} ${id}`),
    ['eth0 1:ffff', 'eth0 1:10'],
  );
});

test('a device that has gone has no classes; of anything else nothing is believed', async () => {
  const gone = tc(lo, () => 'Cannot find device "eth1"\nCommand failed -:3\n');
  assert.equal(bytesOf(await readClassBytes(gone.run, ['eth0', 'eth1'])), [expected[0], ['eth1', {}]]);
  for (const complaint of ['Operation not permitted\nCommand failed -:1\n', 'tc: command not found\n']) {
    const failed = await readClassBytes(tc(lo, () => complaint).run, ['eth0']).catch((error: Error) => error);
    assert.match(failed instanceof Error ? failed.message : '', 'tc cannot list');
  }
});

test.run();
