// The devices as ip lists them, a line each.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseLinks } from '../../../src/kernel/link.ts';

const line = (word: string, flags: string, more = '') =>
  `7: ${word}: <${flags}> mtu 1500${more} qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether\n`;

test('a device is up where the flag says so, not by its carrier', () => {
  const text =
    line('lo', 'LOOPBACK,UP,LOWER_UP') +
    line('eth0', 'NO-CARRIER,BROADCAST,UP') +
    line('eth1', 'BROADCAST,LOWER_UP') +
    line('eth2', 'UP');
  const names = new Set(['lo', 'eth0', 'eth1', 'eth2']);
  assert.equal(
    parseLinks(text, names).map(({ name, up }) => [name, up]),
    [
      ['lo', true],
      ['eth0', true],
      ['eth1', false],
      ['eth2', true],
    ],
  );
});

test('what a device lies on is no part of its name, and an @ may be', () => {
  const text =
    line('eth0.5@eth0', 'UP') +
    line('vnet0@if3', 'UP') +
    line('a@b', 'UP') +
    line('c@d@eth0', 'UP') +
    line('e@eth0', 'UP') +
    line('f', 'UP') +
    line('g@@h', 'UP') +
    line('i@@@', 'UP') +
    line('new@if9', 'UP');
  const names = new Set(['eth0.5', 'vnet0', 'a@b', 'c@d', 'e', 'f', 'g', 'i@']);
  assert.equal(
    parseLinks(text, names).map(({ name }) => name),
    ['eth0.5', 'vnet0', 'a@b', 'c@d', 'e', 'f', 'g', 'i@'],
  );
});

test('a name that begins with an @ is looked for as long as there is one', () => {
  const text = line('@a@if3', 'UP') + line('@new', 'UP') + line('@', 'UP');
  let looks = 0;
  const names = new (class extends Set<string> {
    override has(name: string): boolean {
      looks += 1;
      if (looks > 20) throw new Error('it is looked for without end');
      return super.has(name);
    }
  })(['@a']);
  assert.equal(
    parseLinks(text, names).map(({ name }) => name),
    ['@a'],
  );
});

test('a program of XDP is known by its mode and id', () => {
  const text = `${line('eth0', 'UP')}${line('eth1', 'UP', ' xdpgeneric').trimEnd()}\\    prog/xdp id 12 name x tag 0\n`;
  assert.equal(
    parseLinks(text, new Set(['eth0', 'eth1'])).map(({ xdp }) => xdp),
    [[], [{ where: 'xdpgeneric', id: '12' }]],
  );
  assert.equal(parseLinks('', new Set()), []);
});

test.run();
