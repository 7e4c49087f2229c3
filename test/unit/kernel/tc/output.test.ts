// Lines that tc prints, as each version of iproute2 prints them.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFilterJson, fromFilterText } from '../../../../src/kernel/tc/filters.ts';
import { fromClassText, fromQdisc } from '../../../../src/kernel/tc/output.ts';
import { tcLine } from '../../../../src/kernel/tc/print.ts';
import { shownRate } from '../../../../src/kernel/tc/values.ts';

const rest =
  'class htb 1:1 parent 1:ffff leaf 8001: prio 0 quantum 15000 rate 15Mbit ceil 30Mbit linklayer ethernet';
const told = { rate: 15e6, ceil: 30e6, burst: 15000, cburst: 30000, quantum: 15000, mpu: 0, overhead: 0 };

test('what is as it was told, by each version', () => {
  for (const blank of [' ', '']) {
    const line = `${rest} burst 15000b/1${blank}mpu 0b cburst 30000b/1${blank}mpu 0b level 0 `;
    assert.equal(fromClassText('eth0', line)?.values, told, line);
  }
});

test('what somebody else set is seen, whether tc forgets a blank (iproute2 6.15) or not', () => {
  for (const blank of [' ', '']) {
    const line = `${rest} burst 15000b/1${blank}mpu 64b cburst 30000b/1${blank}mpu 64b level 0 `;
    assert.equal(fromClassText('eth0', line)?.values, { ...told, mpu: 64 }, line);
    const more = line.replace('ceil 30Mbit', 'overhead 24 ceil 30Mbit');
    assert.equal(fromClassText('eth0', more)?.values, { ...told, mpu: 64, overhead: 24 }, line);
    const other = line.replace('linklayer ethernet', 'linklayer atm');
    assert.equal(fromClassText('eth0', other)?.values, { ...told, mpu: 64, linklayer: 'atm' }, line);
  }
});

test('what has no class', () => {
  assert.is(fromClassText('eth0', 'class fq_codel 8001:1 parent 8001:'), undefined);
});

test('what tc shows of a queue is put back by the words that set it', () => {
  const line = (kind: string, options: Record<string, unknown>) =>
    tcLine('add', fromQdisc({ kind, handle: '10:', dev: 'eth0', parent: '1:10', options }));
  const head = 'qdisc add dev eth0 parent 1:10 handle 10:';
  const codel = {
    limit: 10240,
    flows: 64,
    quantum: 1514,
    target: 4999,
    interval: 99999,
    memory_limit: 4194304,
  };
  const codelWords = 'limit 10240 flows 64 quantum 1514 target 4999us interval 99999us memory_limit 4194304';
  assert.is(line('fq_codel', { ...codel, ecn: true, drop_batch: 64 }), `${head} fq_codel ecn ${codelWords}`);
  assert.is(line('fq_codel', codel), `${head} fq_codel noecn ${codelWords}`);
  const cake = {
    bandwidth: 'unlimited',
    diffserv: 'besteffort',
    flowmode: 'flows',
    nat: false,
    wash: false,
    ingress: false,
    'ack-filter': 'disabled',
    split_gso: true,
    rtt: 100000,
    raw: true,
    memlimit: 4194304,
  };
  assert.is(
    line('cake', cake),
    `${head} cake unlimited besteffort flows nonat nowash no-ack-filter split-gso rtt 100000us memlimit 4194304`,
  );
  // A bandwidth of somebody's own is one that none of ours has.
  assert.not.match(line('cake', { ...cake, bandwidth: 125000 }), 'bandwidth');
  // Of sfq tc says neither the flows nor that nothing is perturbed.
  assert.is(
    line('sfq', { limit: 127, quantum: 1514, depth: 127 }),
    `${head} sfq perturb 0 limit 127 depth 127 quantum 1514 flows 127`,
  );
  assert.is(line('bfifo', { limit: 150000 }), `${head} bfifo limit 150000`);
});

test('of a class with a byte more in its bursts, which tc shows cut down', () => {
  const line = `${rest} burst 15000b/1 mpu 0b cburst 30000b/1 mpu 0b level 0 `;
  const head = 'class add dev eth0 parent 1:ffff classid 1:1 htb rate 15mbit ceil 30mbit';
  const bursts = 'burst 15001 cburst 30001';
  const shown = (text: string) => {
    const object = fromClassText('eth0', text);
    return object && tcLine('add', object);
  };
  assert.is(shown(line), `${head} ${bursts} quantum 15000`);
  assert.is(
    shown(line.replace(' quantum 15000', '').replace('prio 0', 'prio 3')),
    `${head} ${bursts} quantum 1514`,
  );
});

test('a filter, from what tc prints as JSON, as broken JSON or as text', () => {
  const action = '"actions":[{"order":1,"kind":"mirred","mirred_action":"redirect","to_dev":"ifb-eth0"}]';
  const json = (kind: string, options: string) =>
    `[{"protocol":"all","pref":30323,"kind":"${kind}","chain":0},` +
    `{"protocol":"all","pref":30323,"kind":"${kind}","chain":0,"options":{${options}}}]`;
  const text = (kind: string, words: string, below = '') => [
    `filter protocol all pref 30323 ${kind} chain 0`,
    `filter protocol all pref 30323 ${kind} chain 0 ${words}`,
    ...(below ? [below] : []),
    '\taction order 1: mirred (Egress Redirect to device ifb-eth0) stolen',
  ];
  const program = '4,32 0 0 4294963220,21 0 1 1987248144,6 0 0 4294967295,6 0 0 0';
  const insns = program.split(',').slice(1);
  const bytecode = `{"length":4,"insns":[${insns
    .map((insn) => insn.split(' '))
    .map(([code, jt, jf, k]) => `{"code":${code},"jt":${jt},"jf":${jf},"k":${k}}`)
    .join()}]}`;
  const cases: [answer: string, lines: string[], words: string][] = [
    [json('fw', `"handle":"0x76730010",${action}`), text('fw', 'handle 0x76730010'), 'handle 0x76730010 fw'],
    [json('fw', `{handle 0x76730010 ${action}`).replace('{{', '{'), [], 'handle 0x76730010 fw'],
    [
      json('bpf', `"handle":"0x76730010","bytecode":${bytecode},${action}`),
      text('bpf', `handle 0x76730010 bytecode '${program}'`),
      `handle 0x76730010 bpf bytecode '${program}'`,
    ],
    [
      json('u32', `"fh":"800::800","fwmark_value":"0x76730010","fwmark_mask":"0xffffffff",${action}`),
      text('u32', 'fh 800::800 order 2048 key ht 800 bkt 0', '  mark 0x76730010 0xffffffff (success 0)'),
      'handle 800::800 u32 match mark 0x76730010 0xffffffff',
    ],
  ];
  for (const [answer, lines, words] of cases) {
    const line = `filter replace dev vnet0 egress protocol all pref 30323 ${words} action mirred egress redirect dev ifb-eth0`;
    const all = [
      fromFilterJson('vnet0', answer),
      ...(lines.length > 0 ? [fromFilterText('vnet0', lines)] : []),
    ];
    for (const read of all) {
      assert.equal(
        read?.ours.map((one) => tcLine('replace', one)),
        [line],
        answer,
      );
      assert.is(read?.others, false);
    }
  }
  assert.is(fromFilterJson('vnet0', '[{"kind":"u32","options":{fh 800: ht divisor 1 }}]'), undefined);
});

test('a rate as tc prints it: by thousands, cut where it is long, of whole bytes', () => {
  for (const [bits, shown] of [
    [7, 0],
    [1001, 1000],
    [999_992, 999_992],
    [1_000_000, 1_000_000],
    [1_500_000, 1_500_000],
    [1_000_008, 1_000_000],
    [12_345_678_901, 12_345_000_000],
    [1_234_567_890_123, 1_234_000_000_000],
    [5_000_000_000_000_000, 5_000_000_000_000_000],
  ] as const)
    assert.is(shownRate(bits), shown, String(bits));
});

test.run();
