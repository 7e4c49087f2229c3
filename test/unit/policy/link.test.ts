// An uplink before any guest is on it: the speed of its link, and what unmarked and flooded frames keep of it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Device, Host } from '../../../src/host/host.ts';
import { newUplink } from '../../../src/policy/link.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import { readToml } from '../../support/world.ts';

interface Scene {
  device?: Partial<Device>;
  /** Devices beside it. */
  others?: Record<string, Partial<Device>>;
  ports?: string[];
}

function uplink(toml: string, { device = {}, others = {}, ports = ['eth0'] }: Scene = {}) {
  const [entry] = readToml(toml).uplinks;
  const devices = Object.entries({ eth0: device, ...others }).map(([name, one]): [string, Device] => [
    name,
    { tap: false, ...one },
  ]);
  const host: Host = { devices: new Map(devices), kernel: { leaf: 'bfifo', redirect: 'fw' } };
  const warnings: string[] = [];
  const place = {
    name: 'eth0',
    ports: ports.map((name) => ({ name, bridge: 'br0' })),
    ...(entry ? { entry } : {}),
  };
  return { made: newUplink(host, place, everyday, warnings), warnings };
}

test('the speed is what is written, else what the kernel has or had, else assumed with a warning', () => {
  const told = (toml: string, device?: Partial<Device>) => {
    const { made, warnings } = uplink(toml, device ? { device } : {});
    return [made.link.out, made.link.in, made.linkOrigin.out.from, made.linkOrigin.in.from, warnings.length];
  };
  const one = '[uplink.eth0]\nceil = "50mbit"\n';
  assert.equal(told(one, { speed: 1e9 }), [5e7, 5e7, 'entry', 'entry', 0]);
  assert.equal(told(one), [5e7, 5e7, 'entry', 'entry', 0]);
  const two = '[uplink.eth0]\nceil = { out = "5mbit", in = "7mbit" }\n';
  assert.equal(told(two), [5e6, 7e6, 'entry', 'entry', 0]);
  assert.equal(told('', { speed: 1e9 }), [1e9, 1e9, 'kernel', 'kernel', 0]);
  assert.equal(told('', { speed: 1e9, isRemembered: true }), [1e9, 1e9, 'remembered', 'remembered', 0]);
  assert.equal(told(''), [1e10, 1e10, 'assumed', 'assumed', 1]);
  assert.equal(told('[uplink.eth0]\n'), [1e10, 1e10, 'assumed', 'assumed', 1]);
  assert.equal(uplink('').warnings, [
    'the kernel does not know the speed of eth0: 10gbit is assumed; set [uplink.eth0] ceil so that guarantees hold when the link is full',
  ]);
});

/** Rates with their ceils in kbit, out and in. */
function kept(kind: 'unmarked' | 'flooded', link: number, toml = '') {
  const { made } = uplink(`[uplink.eth0]\nceil = ${link}\n${toml}`);
  const { rate, ceil } = made[kind];
  return (['out', 'in'] as const).map((way) => {
    const { configured, effective } = rate[way];
    return `${effective / 1000}${configured === effective ? '' : ` of ${configured / 1000}`}/${ceil[way] / 1000}`;
  });
}

test('unmarked frames keep a hundredth of the link, at least 1 mbit, at most a tenth; flooded ones have a part of it', () => {
  assert.equal(kept('unmarked', 1e9), ['10000/1000000', '9000/1000000']);
  assert.equal(kept('flooded', 1e9), ['1000/100000', '1000/100000']);
  assert.equal(kept('unmarked', 1e8), ['1000/100000', '900/100000']);
  assert.equal(kept('flooded', 1e8), ['100/10000', '100/10000']);
  assert.equal(kept('unmarked', 2e7), ['1000/20000', '900/20000']);
  assert.equal(kept('flooded', 2e7), ['100/2000', '100/2000']);
  assert.equal(kept('unmarked', 5e6), ['500/5000', '450/5000']);
  assert.equal(kept('flooded', 5e6), ['50/1000', '50/1000']);
  assert.equal(kept('flooded', 8e5), ['8/800', '8/800'], 'no more than there is');
});

test('rates are whole bytes, and never nothing', () => {
  assert.equal(kept('unmarked', 1234567), ['123.456/1234.567', '111.112/1234.567']);
  assert.equal(kept('flooded', 1234567), ['12.344/1000', '12.344/1000']);
  assert.equal(kept('flooded', 80), ['0.008/0.08', '0.008/0.08']);
});

test('what is written for them holds, up to their ceil and to what the other leaves', () => {
  const unmarked = (rest: string) => kept('unmarked', 1e9, `[uplink.eth0.unmarked]\n${rest}`);
  assert.equal(unmarked('rate = "30mbit"\n'), ['30000/1000000', '30000/1000000']);
  assert.equal(unmarked('ceil = "50mbit"\n'), ['10000/50000', '9000/50000']);
  assert.equal(unmarked('rate = "30mbit"\nceil = "40mbit"\n'), ['30000/40000', '30000/40000']);
  const flooded = (rest: string) => kept('flooded', 1e9, `[uplink.eth0.flooded]\n${rest}`);
  assert.equal(flooded('ceil = "50mbit"\n'), ['1000/50000', '1000/50000']);
  assert.equal(flooded('ceil = "500mbit"\nrate = "5mbit"\n'), ['5000/500000', '5000/500000']);
  const both = '[uplink.eth0.flooded]\nrate = "5mbit"\n';
  assert.equal(
    kept('unmarked', 1e9, both),
    ['10000/1000000', '10000/1000000'],
    'nothing is taken of it then',
  );
});

test('frames are counted with what is written, a short one as what a NIC sends', () => {
  const counting = (toml: string) => {
    const { overhead, mpu } = uplink(`[uplink.eth0]\n${toml}`).made.counting;
    return [overhead.value, mpu.value];
  };
  assert.equal(counting(''), [0, 60]);
  assert.equal(counting('overhead = 24\n'), [24, 84]);
  assert.equal(counting('mpu = 64\n'), [0, 64]);
  assert.equal(counting('overhead = 24\nmpu = 0\n'), [24, 0]);
});

test('its largest frame is the largest of itself and its ports; its routes are itself and what lies on it', () => {
  const mtu = (device: Partial<Device>, others: Scene['others'] = {}, ports = ['eth0']) =>
    uplink('', { device, others, ports }).made.mtu;
  assert.is(mtu({}), undefined);
  assert.is(mtu({ mtu: 1500 }), 1500);
  assert.is(mtu({ mtu: 1500 }, { v5: { mtu: 9000 }, v6: { mtu: 9100 } }, ['eth0', 'v5']), 9000);
  assert.is(mtu({ mtu: 9000 }, { v5: { mtu: 1500 } }, ['v5']), 9000);
  const routes = (device: Partial<Device>, others: Scene['others'] = {}) =>
    uplink('', { device, others }).made.routes;
  assert.equal(routes({}), ['eth0']);
  assert.equal(routes({ master: 'br0' }), [], 'frames leave by the bridge');
  assert.equal(
    routes(
      {},
      { v5: { lower: ['eth0'] }, a6: { lower: ['v5'] }, v7: { lower: ['eth0'], master: 'br7' }, x: {} },
    ),
    ['a6', 'eth0', 'v5'],
  );
});

test.run();
