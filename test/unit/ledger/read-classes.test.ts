// The counters of all classes now, each with its owner, also of devices that the plan names no more.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { separator } from '../../../src/kernel/tc/read.ts';
import { readClassesNow } from '../../../src/ledger/read-classes.ts';
import type { InForce } from '../../../src/store/in-force-plan.ts';
import { bootId } from '../../../src/system/boot.ts';
import type { Run } from '../../../src/system/exec.ts';

const tree = (device: string, major: number) => {
  const make = (name: string, minor: string) => ({ name, id: `${major}:${minor}` });
  return {
    device,
    link: make('link', 'ffff'),
    unmarked: make('unmarked', 'fffe'),
    groups: [{ group: make('friends', 'f0'), guests: [make('cliff', '10')] }],
    guests: [make('jason', '20')],
  };
};
const uplinks = [{ name: 'eth0', trees: { out: tree('eth0', 1), in: tree('ifb-eth0', 2) } }];
const inForce = { version: 1, uplinks, unshaped: [], warnings: [] } as unknown as InForce;

const htb = (id: string, bytes: number) => `class htb ${id} root prio 0\n Sent ${bytes} bytes 1 pkt\n`;
const held: Record<string, string> = {
  eth0:
    htb('1:ffff', 9) + htb('1:fffe', 1) + htb('1:f0', 5) + htb('1:10', 4) + htb('1:20', 3) + htb('1:99', 2),
  'ifb-eth0': htb('2:10', 7),
  eth9: htb('1:10', 6),
};

test('each class is counted for its owner; whose owner is not known stays one of nobody', async () => {
  const asked: string[] = [];
  const run = (async (_tc: string, _args: string[], { input }: { input: string }) => {
    const lines = input.trimEnd().split('\n');
    asked.push(...lines.filter((line) => line !== separator));
    const said = lines.map((line) =>
      line === separator ? 'qdisc noqueue 0: root\n' : held[line.split(' ').at(-1) ?? ''],
    );
    return { status: 0, stdout: said.join(''), stderr: '' };
  }) as unknown as Run;
  const before = Date.now();
  const { classes, whole, boot, at, wall } = await readClassesNow(run, inForce, ['eth9', 'eth0']);
  assert.equal(
    classes.map(({ device, id, bytes, owner, fate }) =>
      [device, id, bytes, fate, owner?.subject ?? 'nobody', owner?.group ?? ''].join(' ').trim(),
    ),
    [
      'eth0 1:ffff 9 stays uplink eth0',
      'eth0 1:fffe 1 stays unmarked eth0',
      'eth0 1:f0 5 stays group friends',
      'eth0 1:10 4 stays guest cliff friends',
      'eth0 1:20 3 stays guest jason',
      'eth0 1:99 2 stays nobody',
      'ifb-eth0 2:10 7 stays guest cliff friends',
      'eth9 1:10 6 stays nobody',
    ],
  );
  assert.equal(whole, ['eth0', 'ifb-eth0', 'eth9']);
  assert.equal(
    asked,
    whole.map((device) => `class show dev ${device}`),
  );
  assert.is(boot, bootId());
  assert.ok(at > 0 && wall >= before);
});

test.run();
