// Which of the host's routes is the default one, by the kernel's two files of them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDefaultRoute } from '../../../src/host/default-route.ts';

const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const four = (device: string, { metric = 0, to = '00000000', mask = '00000000', flags = '0003' } = {}) =>
  `${device}\t${to}\t0200000A\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0      \n`;
const every = '0'.repeat(32);
const six = (device: string, { metric = '00000400', to = every, length = '00', flags = '00000003' } = {}) =>
  `${to} ${length} ${every} 00 fd${'0'.repeat(29)}2 ${metric} 00000001 00000000 ${flags} ${device.padStart(8)}\n`;
const found = (routes: string[], routes6: string[] = []) =>
  parseDefaultRoute(head + routes.join(''), routes6.join(''));

test('the one for every address, of IPv4 before IPv6, with the lowest metric, in whatever order', () => {
  assert.is(found([four('eth0')]), 'eth0');
  assert.is(found([four('eth0', { metric: 100 }), four('eth1', { metric: 20 })]), 'eth1');
  assert.is(found([four('eth0', { metric: 20 }), four('eth1', { metric: 100 })]), 'eth0');
  assert.is(found([four('eth0', { metric: 5000 })], [six('eth1', { metric: '00000001' })]), 'eth0');
  assert.is(found([], [six('eth1')]), 'eth1');
  assert.is(found([], [six('eth0', { metric: '0000000a' }), six('eth1', { metric: '00000009' })]), 'eth1');
  assert.is(found([], [six('eth0', { metric: '00000010' }), six('eth1', { metric: '00000009' })]), 'eth1');
});

test('a route for some addresses is none', () => {
  const net = { to: '0000000A', mask: '00FFFFFF' };
  assert.is(found([four('eth1', net), four('eth0', { metric: 100 })]), 'eth0');
  assert.is(found([four('wg0', { mask: '00000080' })]), undefined, 'the first half of all, of a VPN');
  assert.is(found([four('wg0', { to: '00000080', mask: '00000000' })]), undefined);
  const net6 = { to: `fd${'0'.repeat(30)}`, length: '40' };
  assert.is(found([], [six('eth1', net6), six('eth0')]), 'eth0');
  assert.is(found([], [six('wg0', { length: '01' })]), undefined);
  assert.is(found([], [six('wg0', { to: `8${'0'.repeat(31)}` })]), undefined);
});

test('a route that is not up, or leads to no device, is none', () => {
  assert.is(found([four('eth0', { flags: '0002' })]), undefined);
  assert.is(found([], [six('eth0', { flags: '00000002' })]), undefined);
  for (const flags of ['0201', '0001'])
    for (const metric of [5, 500])
      assert.is(found([four('*', { metric, flags }), four('eth0', { metric: 100 })]), 'eth0', flags);
  assert.is(found([four('*', { flags: '0201' })], [six('eth1')]), 'eth1', 'a host of IPv6 only');
  const dropped = six('lo', { metric: '00000007', flags: '00200200' });
  assert.is(found([], [dropped, six('eth0')]), 'eth0');
  assert.is(found([], [dropped]), undefined);
});

test('without any route, and without the files', () => {
  assert.is(found([]), undefined);
  assert.is(parseDefaultRoute(), undefined);
  assert.is(parseDefaultRoute(undefined, six('eth1')), 'eth1', 'a kernel without IPv4, or a container');
});

test.run();
