// Explanations as explain makes them, for whatever a test wants to be said of one guest.
import type { GuestRow } from '../../../../src/observe/guests.ts';
import type { Explanation } from '../../../../src/report/explain/explanation.ts';
import type { ExplainedClass, ExplainedUplink } from '../../../../src/report/explain/values.ts';

export const at = { file: '/etc/virt-shaper/config.toml', line: 7, column: 1 };
export const held = {
  classes: [],
  filters: [],
  elements: [],
  differences: [],
  missingElements: [],
  surplusElements: [],
  obstacles: [],
};

export const rate = (value: number, more: object = {}) => ({
  value,
  found: value,
  from: 'entry',
  at,
  steps: [],
  cuts: [],
  ...more,
});
export const way = (more: object = {}) =>
  ({
    device: 'eth0',
    id: '1:10',
    parent: '1:ffff',
    chains: ['out-10'],
    rate: rate(5e6),
    ceil: rate(30e6),
    burst: { value: 1600, from: 'computed' },
    cburst: { value: 1700, from: 'computed' },
    quantum: { value: 1514, from: 'computed' },
    ...more,
  }) as unknown as ExplainedClass;
export const uplink = (name: string, more: object = {}) =>
  ({
    name,
    ports: [],
    link: { out: { value: 1e9, from: 'kernel' }, in: { value: 1e9, from: 'kernel' } },
    counting: { overhead: { value: 0, from: 'computed' }, mpu: { value: 60, from: 'computed' } },
    taps: [],
    limits: {},
    out: way(),
    in: way({ device: `ifb-${name}`, id: '2:10', parent: '2:ffff', chains: ['in-10'] }),
    ...more,
  }) as unknown as ExplainedUplink;

export const nic = (name: string, more: object = {}) => ({ nic: name, uplinks: [], reasons: [], ...more });
export const row = (more: Partial<GuestRow> = {}): GuestRow => {
  return { guest: 'cliff', taps: [], state: 'shaped', shaped: { out: true, in: true }, faults: [], ...more };
};

export function explanation(change: object = {}): Explanation {
  return {
    guest: 'cliff',
    state: 'shaped',
    reasons: [],
    match: { entry: { header: '[guest.cliff]', pattern: false, at }, lost: [] },
    nics: [nic('vnet0', { bridge: 'br0', uplinks: ['eth0'] })],
    uplinks: [uplink('eth0')],
    warnings: [],
    rules: { folder: 'rules.d', lines: [], rendered: 'same' },
    kernel: held,
    shaping: [row()],
    limits: [],
    allowances: { quotas: [], credits: [] },
    ...change,
  } as unknown as Explanation;
}
