// The statistics as tc prints them, also where a leaf brings classes of its own and where the kernel estimates rates.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseClassBytes, parseClasses, parseQdiscs } from '../../../src/kernel/tc/counters.ts';
import { readByteCounts, readUse } from '../../../src/observe/read-use.ts';
import { speedBetween, useKey } from '../../../src/observe/use.ts';
import { milliseconds } from '../../../src/system/boot.ts';
import type { Outcome } from '../../../src/system/exec.ts';

const classes = `class htb 1:10 parent 1:1 leaf 10: prio 0 rate 1500Kbit ceil 2Mbit burst 4Kb cburst 4Kb 
 Sent 1522058 bytes 1065 pkt (dropped 3, overlimits 996 requeues 0) 
 rate 1998Kbit 173pps backlog 1442b 1p requeues 0
 lended: 1065 borrowed: 0 giants: 0
 tokens: -87093 ctokens: -87093

class htb 1:1 root rate 5Mbit ceil 5Mbit burst 16Kb cburst 16Kb 
 Sent 1522058 bytes 1065 pkt (dropped 0, overlimits 7 requeues 0) 
 backlog 0b 0p requeues 0
 lended: 0 borrowed: 0 giants: 0
 tokens: 336461 ctokens: 336461

class fq_codel 10:33e parent 10: 
 (dropped 8, overlimits 0 requeues 0) 
 backlog 2884b 2p requeues 0
  deficit -1254 count 845 lastcount 811 ldelay 24.9ms
class htb 1:20 parent 1:1 leaf 20: prio 0 rate 12345Kbit overhead 24 ceil 10Gbit burst 4Kb cburst 4Kb 
 Sent 0 bytes 0 pkts (dropped 0, overlimits 0 requeues 0) 
 backlog 0b 0p requeues 0
`;

/** Of what tc's text does not say. */
const listing = { device: 'e0', at: 2000, spread: 0 };

const qdiscs = `qdisc noqueue 0: dev lo root refcnt 2 
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) 
 backlog 0b 0p requeues 0
qdisc htb 1: dev e0 root refcnt 3 r2q 30323 default 0x10 direct_packets_stat 5 direct_qlen 1000
 Sent 1522058 bytes 1065 pkt (dropped 847, overlimits 996 requeues 0) 
 backlog 0b 0p requeues 0
qdisc fq_codel 10: dev e0 parent 1:10 limit 10240p flows 1024 quantum 1514 target 6ms interval 100ms memory_limit 32Mb ecn drop_batch 64 
 Sent 1522058 bytes 1065 pkt (dropped 847, overlimits 0 requeues 0) 
 backlog 31Kb 22p requeues 0
  maxpacket 1442 drop_overlimit 0 new_flow_count 11 ecn_mark 0
qdisc odd 7: dev e1 root
qdisc clsact ffff: dev vnet0 parent ffff:fff1 
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) 
 backlog 0b 0p requeues 0
`;

test("classes are HTB's alone, with rates in bits", () => {
  const [guest, link, idle, ...others] = parseClasses(classes, listing);
  assert.equal(others, []);
  assert.equal(guest, {
    ...listing,
    id: '1:10',
    parent: '1:1',
    rate: 1_500_000,
    ceil: 2_000_000,
    bytes: 1_522_058,
    packets: 1065,
    dropped: 3,
    overlimits: 996,
    backlog: 1442,
    queued: 1,
    lended: 1065,
    borrowed: 0,
  });
  assert.is(link?.parent, undefined);
  assert.is(link?.overlimits, 7);
  assert.equal([idle?.id, idle?.ceil, idle?.bytes, idle?.backlog], ['1:20', 10_000_000_000, 0, 0]);
  assert.equal(Object.fromEntries(parseClassBytes(classes)), { '1:10': 1522058, '1:1': 1522058, '1:20': 0 });
});

test('qdiscs of every kind, also without figures', () => {
  assert.equal(
    parseQdiscs(qdiscs).map(({ kind, device, parent, dropped, backlog, queued }) =>
      [kind, device, parent, dropped, backlog, queued].join(' '),
    ),
    ['htb e0  847 0 0', 'fq_codel e0 1:10 847 31744 22', 'odd e1  0 0 0', 'clsact vnet0 ffff:fff1 0 0 0'],
  );
});

test("drops and backlog are the leaf's, and those of all below for what is above", async () => {
  const run = async (_command: string, args: string[]): Promise<Outcome> => {
    return { status: 0, stdout: args.includes('qdisc') ? qdiscs : classes, stderr: '' };
  };
  const { uses, qdiscs: places } = await readUse(run, ['e0']);
  for (const id of ['1:10', '1:1']) {
    const use = uses.get(useKey('e0', id));
    assert.equal([use?.dropped, use?.backlog, use?.queued], [847, 31744, 22], id);
  }
  assert.equal([...places.clsacts], ['vnet0']);
  assert.equal(Object.fromEntries(places.roots), {
    e0: { what: 'htb 1:', ours: true, direct: 5 },
    e1: { what: 'odd 7:', ours: false },
  });
});

/** A link, two groups and guests below one and beside them; each guest's leaf has another figure. */
const deep: [id: string, parent: string][] = [
  ['1:1', ''],
  ['1:2', '1:1'],
  ['1:3', '1:1'],
  ['1:10', '1:2'],
  ['1:20', '1:2'],
  ['1:30', '1:3'],
  ['1:40', '1:1'],
];
const expected = { '1:10': 1, '1:20': 2, '1:30': 4, '1:40': 8, '1:2': 3, '1:3': 4, '1:1': 15 };
for (const [order, list] of Object.entries({ first: deep, last: [...deep].reverse() })) {
  test(`through all levels each leaf is counted once, parents listed ${order}`, async () => {
    const tree = list.map(
      ([
        id,
        parent,
      ]) => `class htb ${id} ${parent ? `parent ${parent}` : 'root'} prio 0 rate 8bit ceil 8bit burst 1b cburst 1b
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0
`,
    );
    const leaves = Object.entries(expected)
      .slice(0, 4)
      .map(
        ([id, figure]) => `qdisc fq_codel ${id.slice(2)}: dev e0 parent ${id} limit 1p
 Sent 0 bytes 0 pkt (dropped ${figure}, overlimits 0 requeues 0)
 backlog ${figure * 100}b ${figure * 10}p requeues 0
`,
      );
    const run = async (_command: string, args: string[]): Promise<Outcome> => {
      return { status: 0, stdout: (args.includes('qdisc') ? leaves : tree).join(''), stderr: '' };
    };
    const { uses } = await readUse(run, ['e0']);
    for (const [id, figure] of Object.entries(expected)) {
      const use = uses.get(useKey('e0', id));
      assert.equal([use?.dropped, use?.backlog, use?.queued], [figure, figure * 100, figure * 10], id);
    }
  });
}

test('a speed needs two readings of one class', async () => {
  const [use] = parseClasses(classes, listing);
  assert.is(speedBetween({ at: 1500, spread: 0, bytes: 1_522_058 - 125_000 }, use), 2_000_000);
  assert.is(speedBetween({ at: 1500, spread: 0, bytes: 1_522_058 }, use), 0, 'nothing has passed');
  assert.is(speedBetween({ at: 1500, spread: 0, bytes: 1_522_059 }, use), undefined, 'made anew');
  assert.is(speedBetween({ at: 2000, spread: 0, bytes: 0 }, use), undefined, 'the same reading');
  assert.is(speedBetween(undefined, use), undefined);
});

test('a limit that holds does not show above itself because tc took its time; one that does not hold does', () => {
  const bytes = (mbit: number) => mbit * 125_000;
  const before = { at: 1000, spread: 20, bytes: 0 };
  const after = (mbit: number) => ({ at: 2000, spread: 30, bytes: bytes(mbit) });
  assert.is(speedBetween(before, after(31), 30e6), 30e6);
  assert.is(speedBetween(before, after(29), 30e6), 29e6);
  assert.is(speedBetween(before, after(42), 30e6), 40e6);
  assert.is(speedBetween(before, after(42)), 42e6, 'no limit is known');
});

test('the bytes alone, read before, are found by what is read after', async () => {
  const run = async (_: string, args: string[]): Promise<Outcome> => ({
    status: 0,
    stdout: args.includes('qdisc') ? qdiscs : classes,
    stderr: '',
  });
  const before = await readByteCounts(run, ['e0']);
  const { uses } = await readUse(run, ['e0']);
  assert.equal([...before.keys()].sort(), [...uses.keys()].sort());
  for (const [key, { bytes }] of uses) assert.is(before.get(key)?.bytes, bytes, key);
  const { bytes, at, spread } = before.get(useKey('e0', '1:10')) ?? { bytes: 0, at: 0, spread: -1 };
  assert.is(bytes, 1_522_058);
  assert.ok(at > 0 && spread >= 0 && spread < 1000);
});

test('the moment of a reading, with its uncertainty, takes in all the time that tc had', async () => {
  const asked: { began: number; ended: number }[] = [];
  const run = async (_: string, args: string[]): Promise<Outcome> => {
    const began = milliseconds();
    await new Promise((done) => setTimeout(done, 5));
    if (args.includes('class')) asked.push({ began, ended: milliseconds() });
    return { status: 0, stdout: args.includes('qdisc') ? qdiscs : classes, stderr: '' };
  };
  const reading = [
    ...(await readByteCounts(run, ['e0'])).values(),
    ...(await readUse(run, ['e0'])).uses.values(),
  ];
  assert.is(reading.length, 6);
  for (const [index, { at, spread }] of reading.entries()) {
    const { began = 0, ended = 0 } = asked[index < 3 ? 0 : 1] ?? {};
    assert.ok(at - spread <= began && ended <= at + spread, `${at} ± ${spread}: ${began} to ${ended}`);
  }
});

test('a device that is gone has no classes; whatever else tc cannot do is said', async () => {
  const answering =
    (what: string, stderr: string) =>
    async (_: string, args: string[]): Promise<Outcome> =>
      args.includes(what)
        ? { status: 1, stdout: '', stderr }
        : { status: 0, stdout: args.includes('qdisc') ? qdiscs : classes, stderr: '' };
  const read = (what: string, stderr: string) =>
    readUse(answering(what, stderr), ['e0']).then(
      ({ uses }) => uses.size,
      ({ message }) => message,
    );
  assert.is(await read('none', ''), 3);
  assert.is(await read('class', 'Cannot find device "e0"\n'), 0);
  assert.is(await read('class', 'Error: No such device\n'), 0);
  assert.is(
    await read('class', 'Operation not permitted\n'),
    'tc cannot list the classes of e0: Operation not permitted',
  );
  assert.is(
    await read('qdisc', 'Operation not permitted\n'),
    'tc cannot list the qdiscs: Operation not permitted',
  );
});

test.run();
