// Lines that tc prints, as each version of iproute2 prints them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromClassText } from '../../../../src/kernel/tc/output.ts';

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

test.run();
