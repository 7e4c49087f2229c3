// A host on which all is well for some taps of one uplink, as the kernel would tell of it: tests take things away.
import type { TcFilter } from '../../src/kernel/tc/filter-json.ts';
import type { Facts } from '../../src/observe/facts.ts';
import { signature } from '../../src/plan/names.ts';

/** @param taps tap -> mark */
export function healthy(taps: Map<string, number>, ports = ['eth0']): Facts {
  const names = [...taps.keys()];
  const devices = ['br0', 'eth0', 'ifb-eth0', ...ports, ...names];
  return {
    devices: new Map(devices.map((name) => [name, { up: true, ours: name === 'ifb-eth0' }])),
    ifbs: new Set(),
    ports: new Map([['br0', new Set([...ports, ...names])]]),
    clsacts: new Set(names),
    occupied: new Set(),
    roots: new Map(['eth0', 'ifb-eth0'].map((name) => [name, { what: 'htb 1:', ours: true, direct: 0 }])),
    filters: new Map([...taps].map(([name, mark]) => [`${name} egress`, [redirect(mark)]])),
    table: { kind: 'as loaded' },
    tables: [],
    bridged: { ip: false, ip6: false },
    routes: false,
    astray: new Map(),
    reflects: false,
    amiss: [],
    owners: new Map(),
    missing: new Set(),
    limited: new Set(),
    programs: [],
  };
}

export function redirect(mark: number, to = 'ifb-eth0'): TcFilter {
  const handle = `0x${mark.toString(16)}`;
  const action = {
    kind: 'mirred',
    mirred_action: 'redirect',
    to_dev: to,
    control_action: { type: 'stolen' },
  };
  return { pref: signature, kind: 'fw', protocol: 'all', chain: 0, options: { handle, actions: [action] } };
}
