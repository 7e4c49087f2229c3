// Differences object by object: what stands on the line of each, and what programs read.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../src/diff/compare.ts';
import type { Difference, Found } from '../../../src/diff/difference.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { emptyState, kernelWith, type State } from '../../../src/kernel/objects.ts';
import { differenceAsData, differenceLine, reportDifferences } from '../../../src/report/differences.ts';

const htb = (mbit: number) => `htb rate 1mbit ceil ${mbit}mbit burst 16k cburst 16k quantum 1514`;
const link = `qdisc add dev eth0 root handle 1: htb default fffe r2q 30323
class add dev eth0 parent 1: classid 1:ffff ${htb(1000)} # link eth0
class add dev eth0 parent 1:ffff classid 1:fffe ${htb(1000)} # unmarked
class add dev eth0 parent 1:ffff classid 1:5 ${htb(100)} # group friends
`;
const cliff = (mbit: number, parent = '1:ffff', limit = 87500) =>
  `class add dev eth0 parent ${parent} classid 1:10 ${htb(mbit)} # guest cliff
qdisc add dev eth0 parent 1:10 handle 10: bfifo limit ${limit} # guest cliff
`;
const filter =
  'filter add dev vnet0 egress protocol all pref 30323 handle 0x76730010 fw action mirred egress redirect dev ifb-eth0 # guest cliff\n';

const table = (...elements: string[]) =>
  `table bridge virt-shaper {}\ndelete table bridge virt-shaper\ntable bridge virt-shaper {
chain out-10 {\n meta mark set 0x76730010 meta priority set 1:10\n}
chain out-11 {\n meta mark set 0x76730011 meta priority set 1:11\n}
map guests {\n type ifname . ifname : verdict\n elements = {\n${elements.join(',\n')}\n }\n}\n}\n`;

function state(shape: string, ruleset = table()): State {
  const devices =
    'link add name ifb-eth0 up group 30323 txqueuelen 1000 type ifb\nlink set dev ifb-eth0 alias virt-shaper:eth0\n';
  return parseRules(
    { 'shape.tc': shape, 'devices.ip': devices, 'ruleset.nft': ruleset, 'settings.sysctl': '' },
    '',
  );
}

function found(before: State, after: State): Found {
  const from = kernelWith(before);
  return { list: compare(from, after), from, to: after, loaded: before };
}

const lines = (before: string, after: string) => found(state(before), state(after)).list.map(differenceLine);
const reasons = (before: string, after: string) =>
  found(state(before), state(after)).list.map((one) => differenceAsData(one).reason);

test('what changes in place shows both values, and is its own reason', () => {
  assert.equal(lines(link + cliff(20), link + cliff(30)), ['~ class 1:10 on eth0: ceil 20mbit -> 30mbit']);
  assert.equal(lines(link + cliff(20), link + cliff(20)), []);
});

test('what comes or goes shows the values that say most', () => {
  const [made = '', queue = ''] = lines(link, link + cliff(20));
  assert.match(made, /^\+ class 1:10 on eth0: rate 1mbit, ceil 20mbit {2}\(/);
  assert.match(queue, /^\+ leaf 1:10 on eth0: kind bfifo, limit 87500 {2}\(/);
  const gone = lines(link + cliff(20), link);
  assert.ok(gone.some((line) => /^- class 1:10 on eth0: rate 1mbit, ceil 20mbit {2}\(/.test(line)));
  const [led = ''] = lines(link + cliff(20), link + cliff(20) + filter);
  assert.match(led, /^\+ filter 0x76730010 on vnet0: /);
  assert.match(led, 'to ifb-eth0');
  const [root = ''] = lines('', link);
  assert.match(root, /^\+ root 1: on eth0/);
});

test('the reason of each, for programs', () => {
  assert.equal(reasons(link, link + cliff(20)), ['missing', 'missing']);
  assert.equal([...new Set(reasons(link + cliff(20), link))], ['surplus']);
  assert.equal(reasons(link + cliff(20), link + cliff(30)), ['values']);
  assert.ok(reasons(link + cliff(20), link + cliff(20, '1:5')).includes('parent'));
  const ifb = state(link).devices.get('ifb-eth0');
  assert.ok(ifb);
  const device = (reason: string) =>
    ({
      effect: 'marks',
      action: 'change',
      kind: 'device',
      device: 'ifb-eth0',
      reason,
      ifb,
    }) as unknown as Difference;
  assert.is(differenceAsData(device('it is down')).reason, 'down');
  assert.is(differenceAsData(device('its alias is another')).reason, 'alias');
  assert.is(differenceAsData(device('it is down')).id, 'ifb-eth0');
  assert.match(differenceLine(device('it is down')), '~ device ifb-eth0  (it is down)');
  const { ifb: _, ...setting } = { ...device('it is 1'), kind: 'setting', device: 'net.x' } as Difference;
  const none = { from: kernelWith(state('')), to: state('') };
  assert.is(
    reportDifferences({ list: [device('it is down'), setting as Difference], ...none }),
    'device ifb-eth0\n  ~ device ifb-eth0  (it is down)\nsetting net.x\n  ~ net.x  (it is 1)\n' +
      '2 differences: 2 to add, move or remove\n',
  );
});

test('a queue is changed in place, unless the kernel cannot', () => {
  const actions = (before: string, after: string) =>
    found(state(link + before), state(link + after)).list.map(({ action, effect }) => `${action} ${effect}`);
  assert.equal(actions(cliff(20), cliff(20, '1:ffff', 90000)), ['change rates']);
  const sfq = (perturb: number, depth: number) =>
    cliff(20).replace('bfifo limit 87500', `sfq limit 1024 depth ${depth} perturb ${perturb}`);
  const [replaced = ''] = actions(sfq(10, 127), sfq(20, 127));
  assert.match(replaced, /^replace /);
  assert.equal(actions(sfq(10, 127), sfq(10, 127)), []);
});

test('as data: values before and after, and the line of shape.tc', () => {
  const [one] = found(state(link + cliff(20)), state(link + cliff(30))).list.map(differenceAsData);
  assert.equal([one?.id, one?.kind, one?.action, one?.line], ['1:10', 'class', 'change', 5]);
  assert.equal([one?.from?.ceil, one?.to?.ceil], [20_000_000, 30_000_000]);
  const [come] = found(state(link), state(link + cliff(30))).list.map(differenceAsData);
  assert.equal([come?.from, come?.to?.ceil], [null, 30_000_000]);
});

test('the whole, by whose it is, and a sum', () => {
  const report = (before: string, after: string) => reportDifferences(found(state(before), state(after)));
  const text = report(link + cliff(20), link + cliff(30));
  assert.is(
    text,
    'guest cliff\n  ~ class 1:10 on eth0: ceil 20mbit -> 30mbit\n1 difference: 1 to change in place\n',
  );
  assert.match(report(link, link + cliff(20)), /\n2 differences: 2 to add, move or remove\n$/);
  const both = report(`${link}${cliff(20)}`, `${link.replace(htb(100), htb(200))}${cliff(20)}${filter}`);
  assert.match(both, /^guest cliff\n {2}\+ filter/m);
  assert.match(both, /^group friends\n {2}~ class 1:5/m);
  assert.match(both, /2 differences: 1 to change in place, 1 to add, move or remove\n$/);
});

test('the table, element by element; where none differs it is only not known to be ours', () => {
  const elements = (before: string[], after: string[]) => {
    const [from, to] = [kernelWith(emptyState(table(...before))), emptyState(table(...after))];
    const list = [
      { action: 'change', kind: 'table', device: '', reason: 'altered' } as unknown as Difference,
    ];
    return reportDifferences({ list, from, to }).split('\n').slice(1, -2);
  };
  const out = (tap: string, id: string) => `"${tap}" . "eth0" : goto out-${id}`;
  assert.equal(elements([], [out('vnet0', '10')]), ['  + vnet0 . eth0 to class 1:10']);
  assert.equal(elements([out('vnet0', '10')], []), ['  - vnet0 . eth0 to class 1:10']);
  assert.equal(elements([out('vnet0', '10')], [out('vnet0', '11')]), [
    '  ~ vnet0 . eth0 to class 1:10 -> class 1:11',
  ]);
  assert.equal(
    elements([out('vnet2', '10'), out('vnet3', '11')], [out('vnet1', '10'), out('vnet3', '10')]),
    [
      '  + vnet1 . eth0 to class 1:10',
      '  - vnet2 . eth0 to class 1:10',
      '  ~ vnet3 . eth0 to class 1:11 -> class 1:10',
    ],
    'in the order of their names, whatever becomes of them',
  );
  assert.equal(elements([out('vnet0', '10')], [out('vnet0', '10')]), ['  ~ the whole table  (altered)']);
});

test.run();
