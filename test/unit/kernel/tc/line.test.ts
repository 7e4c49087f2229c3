// Lines of shape.tc that virt-shaper cannot load: what is not understood to its last word could neither be compared nor
// deleted. What is printed is read: print.test.ts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseTcLine } from '../../../../src/kernel/tc/line.ts';

const unknown = 'virt-shaper does not know how to load this line';
const redirect = 'action mirred egress redirect dev ifb-eth0';
const egress = 'filter add dev vnet0 egress protocol all pref 30323';
const fw = `${egress} handle 0x10 fw`;
const bpf = `${egress} handle 0x10 bpf bytecode '1,6 0 0 1'`;
const u32 = `${egress} u32 match mark 0x00000010 0xffffffff`;
const classOf = 'class add dev eth0 parent 1: classid 1:10 htb';
const leaf = 'qdisc add dev eth0 parent 1:10 handle 10: fq_codel';

test('each of these is understood', () => {
  for (const [line, key] of [
    ['qdisc add dev vnet0 clsact', 'vnet0 clsact'],
    ['qdisc add dev eth0 root handle 1: htb default 10 r2q 30323', 'eth0 root'],
    [`${leaf} limit 5`, 'eth0 leaf 1:10'],
    ['qdisc add dev eth0 parent 1:0010 handle 10: bfifo limit 9000', 'eth0 leaf 1:10'],
    [`${classOf} rate 1mbit ceil 2mbit`, 'eth0 class 1:10'],
    [`${fw} ${redirect}`, 'vnet0 filter 0x10'],
    [`${bpf} ${redirect}`, 'vnet0 filter 0x10'],
    [`${bpf.replaceAll("'", '"')} ${redirect}`, 'vnet0 filter 0x10'],
    [`${u32} ${redirect}`, 'vnet0 filter 0x10'],
    [`${fw.replace('0x10', '0x0000001F')} ${redirect}`, 'vnet0 filter 0x1f'],
  ] as const) {
    const object = parseTcLine(line);
    assert.ok(typeof object !== 'string', line);
    assert.is(object.key, key, line);
  }
});

test('a program is its text, however it is quoted', () => {
  for (const quote of ["'", '"']) {
    const object = parseTcLine(`${bpf.replaceAll("'", quote)} ${redirect}`);
    assert.ok(typeof object !== 'string');
    assert.equal(object.values, { match: 'bpf 1,6 0 0 1', to: 'ifb-eth0' });
  }
});

test('zeros are there where an older version wrote none', () => {
  const object = parseTcLine(`${classOf} rate 8 ceil 16`);
  assert.ok(typeof object !== 'string');
  assert.equal([object.values, object.parent], [{ rate: 8, ceil: 16, mpu: 0, overhead: 0 }, '1:']);
});

test('any other line is not', () => {
  for (const line of [
    '',
    'qdisc',
    'chain add dev eth0 root',
    'qdisc del dev vnet0 clsact',
    'qdisc add on vnet0 clsact',
    'qdisc add dev a/b clsact',
    'qdisc add dev vnet0',
    'qdisc add dev vnet0 clsact now',
    'qdisc add dev vnet0 ingress',
    'qdisc add dev eth0 root',
    'qdisc add dev eth0 root htb default 10',
    'qdisc add dev eth0 root handle 1:',
    'qdisc add dev eth0 root with 1: htb default 10',
    'qdisc add dev eth0 root handle 1: netem delay 5ms',
    'qdisc add dev eth0 parent 1:10 fq_codel limit 5',
    'qdisc add dev eth0 parent 1:10 handle 10:',
    'qdisc add dev eth0 below 1:10 handle 10: fq_codel limit 5',
    classOf.replace(' htb', ''),
    `${classOf.replace('parent', 'below')} rate 1mbit ceil 1mbit`,
    `${classOf.replace('classid', 'class')} rate 1mbit ceil 1mbit`,
    `${classOf.replace('htb', 'hfsc')} rate 1mbit ceil 1mbit`,
    `${fw}`,
    `${fw} action drop`,
    `${fw} ${redirect} pipe`,
    `${fw.replace('30323', '30324')} ${redirect}`,
    `${fw.replace('30323', '1')} ${redirect}`,
    `${u32.replace('30323', '1')} ${redirect}`,
    `${fw.replace('egress', 'ingress')} ${redirect}`,
    `${fw.replace('protocol all', 'protocol ip')} ${redirect}`,
    `${fw.replace('handle', 'mark')} ${redirect}`,
    `${fw.replace('0x10', '16')} ${redirect}`,
    `${fw.replace('0x10', '0x10/0xff')} ${redirect}`,
    `${fw.replace(' fw', '')} ${redirect}`,
    `${fw.replace(' fw', ' basic')} ${redirect}`,
    `${fw} classid 1:1 ${redirect}`,
    `${fw} classid ${redirect}`,
    `${bpf} direct-action ${redirect}`,
    `${bpf.replace(/ '.*/, '')} ${redirect}`,
    `${bpf.replace('bytecode', 'object-file')} ${redirect}`,
    `${u32.replace('0xffffffff', '0xff')} ${redirect}`,
    `${u32} flowid 1:1 ${redirect}`,
    `${u32.replace('mark', 'u32')} ${redirect}`,
  ])
    assert.is(parseTcLine(line), unknown, line);
});

test('of an option that is none it is said which', () => {
  for (const [line, option, kind] of [
    [`${leaf} limit many`, 'limit many', 'fq_codel'],
    [`${leaf} limit`, 'limit ', 'fq_codel'],
    [`${leaf} limit 5 drop_batch 7`, 'drop_batch 7', 'fq_codel'],
    [`${leaf} limit 5 nat`, 'nat ', 'fq_codel'],
    [`${classOf} rate 1mbit ceil fast`, 'ceil fast', 'htb'],
    [`${classOf} rate 1mbit ceil 1mbit prio 3`, 'prio 3', 'htb'],
    ['qdisc add dev eth0 root handle 1: htb default 10 offload', 'offload ', 'htb'],
  ] as const) {
    assert.is(parseTcLine(line), `"${option}" is no option of ${kind} that virt-shaper can load`, line);
  }
});

test.run();
