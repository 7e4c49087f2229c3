// What is said of a tree whose device or class is not as it was loaded, word for word, and of a tap's way to it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TcFilter } from '../../../src/kernel/tc/filter-json.ts';
import { readBehind } from '../../../src/observe/behind.ts';
import type { Facts } from '../../../src/observe/facts.ts';
import type { Fault } from '../../../src/observe/fault.ts';
import type { ClassInUse, UplinkInUse } from '../../../src/observe/in-use.ts';
import { redirectFaults } from '../../../src/observe/redirect-faults.ts';
import { classFaults, treeFault } from '../../../src/observe/tree-faults.ts';
import { signature } from '../../../src/plan/names.ts';
import type { Run } from '../../../src/system/exec.ts';
import { both } from '../../../src/units/units.ts';
import { healthy, redirect } from '../../support/facts.ts';

const mark = 0x76730010;
const repair = 'virt-shaper sync --in-force';
const missing = `${repair} puts back what is missing`;
const trees = both((direction) => ({ direction, device: direction === 'out' ? 'eth0' : 'ifb-eth0' }));
const uplink = { name: 'wan', trees } as unknown as UplinkInUse;

function facts(change: (facts: Facts) => void): Facts {
  const all = healthy(new Map([['vnet0', mark]]));
  change(all);
  return all;
}

const told = (fault: Fault | undefined) => fault && [fault.kind, fault.direction, fault.reason, fault.remedy];

test('the device of a tree: gone, of somebody else, down, or with a root of others', () => {
  const of = (direction: 'out' | 'in', change: (facts: Facts) => void) =>
    told(treeFault(direction, uplink, facts(change)));
  for (const direction of ['out', 'in'] as const)
    assert.is(
      of(direction, () => {}),
      undefined,
    );
  assert.equal(
    of('in', ({ devices }) => devices.delete('ifb-eth0')),
    ['ifb', 'in', 'ifb-eth0, where it queues, is not there', missing],
  );
  assert.equal(
    of('in', ({ devices }) => devices.set('ifb-eth0', { up: false, ours: false })),
    [
      'ifb',
      'in',
      "ifb-eth0 is a device of somebody else's in the place of ours",
      `if nobody needs it: ip link del dev ifb-eth0; ${repair}`,
    ],
  );
  assert.equal(
    of('in', ({ devices }) => devices.set('ifb-eth0', { up: false, ours: true })),
    ['ifb', 'in', 'ifb-eth0 is down, and what it receives is lost there', `${repair} sets it up again`],
  );
  assert.equal(
    of('out', ({ devices }) => devices.delete('eth0')),
    ['uplink-gone', undefined, 'its uplink wan is gone', 'virt-shaper sync --in-force, when it is back'],
  );
  assert.is(
    of('out', ({ devices }) => devices.set('eth0', { up: false, ours: false })),
    undefined,
    'an uplink that is down is said of its taps',
  );
  for (const [direction, device] of [
    ['out', 'eth0'],
    ['in', 'ifb-eth0'],
  ] as const) {
    assert.equal(
      of(direction, ({ roots }) => roots.set(device, { what: 'pfifo 8001:', ours: false })),
      [
        'root',
        direction,
        `the root qdisc of ${device} is somebody else's: pfifo 8001:`,
        `if nobody needs it: tc qdisc del dev ${device} root; ${repair}`,
      ],
    );
    assert.is(
      of(direction, ({ roots }) => roots.delete(device)),
      undefined,
      'its classes are missing, which says it',
    );
  }
});

test('a class: missing, with other rates, with another queue, or with all of it', () => {
  const use = { queue: 'fq_codel' } as ClassInUse['use'] & object;
  const one: ClassInUse = { kind: 'guest', name: 'a', device: 'eth0', id: '1:10', rate: 1e6, ceil: 2e6, use };
  const { use: _, ...none } = one;
  const say = (more: Partial<ClassInUse>, direction: 'out' | 'in' = 'out') =>
    classFaults(direction, { ...one, ...more }).map(told);
  assert.equal(classFaults('in', none).map(told), [
    ['class', 'in', 'there is no class 1:10 on eth0', missing],
  ]);
  assert.equal(say({}), []);
  const changed = (what: string, direction = 'out') => [
    ['changed', direction, `class 1:10 on eth0 is not as it should be: ${what}`, `${repair} sets it back`],
  ];
  assert.equal(say({ loaded: { rate: 3e6, ceil: 2e6 } }), changed('rate 1mbit, not 3mbit'));
  assert.equal(say({ loaded: { rate: 1e6, ceil: 3e6 } }, 'in'), changed('ceil 2mbit, not 3mbit', 'in'));
  assert.equal(
    say({ loaded: { rate: 4e6, ceil: 3e6 }, queue: 'sfq' }),
    changed('rate 1mbit, not 4mbit; ceil 2mbit, not 3mbit; its queue is fq_codel, not sfq'),
  );
  const { queue: _queue, ...plain } = use;
  assert.equal(
    say({ queue: 'sfq', use: plain as typeof use }),
    changed("its queue is the kernel's default, not sfq"),
  );
  assert.equal(say({ loaded: { rate: 1e6, ceil: 2e6 } }), [], 'of fewer digits only');
});

const theirs = (pref: number): TcFilter => ({
  pref,
  kind: 'matchall',
  protocol: 'all',
  chain: 0,
  options: { actions: [{ kind: 'mirred', mirred_action: 'mirror', to_dev: 'ids0' }] },
});
const sees = (pref: number) =>
  `the filter of others on vnet0 egress, pref ${pref} (matchall, mirror to ids0), sees no frame that ours sends to its ifb`;
const below = 'give it a preference below 30323, and let its action end with "continue"';

test('the way of a tap to its ifb: each thing that may be missing on it', () => {
  const of = (change: (facts: Facts) => void) =>
    redirectFaults('vnet0', mark, 'ifb-eth0', facts(change)).map(told);
  const filters = (...all: TcFilter[]) => of((one) => one.filters.set('vnet0 egress', all));
  assert.equal(
    of(() => {}),
    [],
  );
  assert.equal(
    of(({ clsacts }) => clsacts.delete('vnet0')),
    [['redirect', 'in', 'vnet0 has no clsact, so what it receives does not pass ifb-eth0', missing]],
  );
  const no = [
    'redirect',
    'in',
    'vnet0 has no filter of ours, so what it receives does not pass ifb-eth0',
    missing,
  ];
  assert.equal(filters(), [no]);
  assert.equal(
    of((one) => one.filters.clear()),
    [no],
  );
  assert.equal(filters(redirect(mark + 1)), [no]);
  const leads = (where: string) => [
    'redirect',
    'in',
    `the filter of vnet0 leads to ${where}, not to ifb-eth0`,
    missing,
  ];
  assert.equal(filters(redirect(mark, 'ifb-eth1')), [leads('ifb-eth1')]);
  assert.equal(filters(redirect(mark, '*')), [leads('a device that is gone')]);
  assert.equal(filters(redirect(mark + 1), redirect(mark)), []);
  assert.equal(filters(redirect(mark), theirs(signature + 9)), [
    ['behind', 'in', sees(signature + 9), below],
  ]);
  assert.equal(filters(theirs(signature + 9)), [no], 'nothing of ours is before it');
  const { options: _, ...bare } = redirect(mark);
  const unmarked = { ...bare, options: { actions: redirect(mark).options?.actions ?? [] } };
  assert.equal(filters(unmarked), [], 'a tc that does not show marks');
});

test('who is behind our filter is found on each tap', async () => {
  const answers: Record<string, TcFilter[]> = {
    'vnet0 egress': [redirect(mark), theirs(signature + 9), theirs(signature + 12)],
    'vnet0 ingress': [theirs(signature + 9)],
    'vnet1 egress': [theirs(5)],
  };
  const run = (async (_: string, _args: string[], { input }: { input: string }) => {
    const lines = input.trimEnd().split('\n');
    const stdout = lines
      .map((line) => `${JSON.stringify(answers[line.split(' ').slice(3).join(' ')] ?? [])}\n`)
      .join('');
    return { status: 0, stdout, stderr: '' };
  }) as unknown as Run;
  assert.equal(await readBehind(run, ['vnet0', 'vnet1']), [
    { tap: 'vnet0', reason: sees(signature + 9), remedy: below },
    { tap: 'vnet0', reason: sees(signature + 12), remedy: below },
  ]);
});

test.run();
