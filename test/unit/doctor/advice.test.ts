// What doctor advises, and where just enough ends: versions, minutes, numbers. Each advice fits the host that it is given on.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attempt } from '../../../src/doctor/finding.ts';
import { checkGuests, type GuestFacts, remediesOf } from '../../../src/doctor/guests.ts';
import { checkInForce, type InForceFacts } from '../../../src/doctor/in-force.ts';
import { checkLibvirt, type HookFacts, type LibvirtFacts } from '../../../src/doctor/libvirt.ts';
import { checkNetwork, type NetworkFacts } from '../../../src/doctor/network.ts';
import { checkServices, type ServiceFacts } from '../../../src/doctor/services.ts';
import { forgersText, mayForge } from '../../../src/guests/forge.ts';
import type { Host } from '../../../src/host/host.ts';
import type { Fault } from '../../../src/observe/fault.ts';
import { Failure } from '../../../src/system/errors.ts';
import { line, named, wrong } from '../../support/findings.ts';
import { makeWorld } from '../../support/world.ts';

const hook: HookFacts = {
  driver: 'qemu',
  file: '/etc/libvirt/hooks/qemu.d/50-virt-shaper',
  whose: 'ours',
  executable: true,
  obstacles: [],
  daemon: 'libvirtd',
  noticed: true,
  todo: [],
};
const libvirt: LibvirtFacts = {
  installed: true,
  version: '11.3.0',
  systemd: true,
  daemons: new Map([['libvirtd', 4711]]),
  sockets: [],
  drivers: ['qemu'],
  program: { value: ['/usr/sbin/virt-shaper'] },
  hooks: [hook],
  syncs: false,
};

test('qemu.d is read from libvirt 6.5 on; of one that does not say its version nothing is said', () => {
  const isOld = (version?: string) => {
    const { version: _, ...facts } = libvirt;
    const found = checkLibvirt({ ...facts, ...(version === undefined ? {} : { version }) });
    return found.some(({ check }) => check === 'libvirt.version');
  };
  assert.equal(['5.10.0', '6.4.9', '6.5.0', '6.10.0', '7.0.0', '10.0.0', undefined].map(isOld), [
    true,
    true,
    ...Array(5).fill(false),
  ]);
});

test('a libvirt that shows itself by any trace is there', () => {
  const none = { ...libvirt, installed: false, daemons: new Map<string, number>(), drivers: [] };
  const isThere = (facts: LibvirtFacts) => !/not found/.test(checkLibvirt(facts)[0]?.detail ?? '');
  assert.not.ok(isThere(none));
  assert.ok(isThere({ ...none, installed: true }));
  assert.ok(isThere({ ...none, daemons: libvirt.daemons }));
  assert.ok(isThere({ ...none, drivers: ['lxc'] }));
});

test('where no daemon runs the advice is for who starts it there', () => {
  const stopped = { ...libvirt, daemons: new Map<string, number>() };
  assert.match(named(checkLibvirt(stopped), 'libvirt').hint ?? '', /^systemctl start libvirtd/);
  const other = checkLibvirt({ ...stopped, systemd: false });
  assert.match(named(other, 'libvirt').hint ?? '', /^start libvirtd/);
  const two = new Map([
    ['virtqemud', 7],
    ['virtlxcd', 8],
  ]);
  assert.match(
    named(checkLibvirt({ ...libvirt, daemons: two }), 'libvirt').detail,
    '11.3.0, virtqemud (7), virtlxcd (8) running',
  );
});

test('what keeps libvirt from running a hook is a problem where it is there, or where it is that of qemu', () => {
  const found = (change: Partial<HookFacts>) => {
    const blocked = { ...hook, obstacles: ['no shell'], todo: ['a', 'b'], ...change };
    const hooks = change.driver ? [hook, blocked] : [blocked];
    return named(checkLibvirt({ ...libvirt, hooks }), `hook.${blocked.driver}`);
  };
  const noGuest = 'libvirt cannot run it, so no guest starts: no shell';
  const noHook = 'not installed, and could not be run: no shell';
  const cases: [Partial<HookFacts>, string, string][] = [
    [{}, 'problem', noGuest],
    [{ whose: 'foreign' }, 'problem', noGuest],
    [{ whose: 'nobody', executable: false }, 'problem', noHook],
    [{ executable: false }, 'problem', noHook],
    [{ driver: 'lxc' }, 'problem', noGuest],
    [{ driver: 'lxc', whose: 'nobody', executable: false }, 'warning', noHook],
    [{ driver: 'lxc', executable: false }, 'warning', noHook],
  ];
  for (const [change, level, detail] of cases) {
    const { hint, ...seen } = found(change);
    assert.equal([seen.level, seen.detail, hint], [level, detail, 'a\nb'], JSON.stringify(change));
  }
});

test('other drivers are spoken of once the hook of qemu is there', () => {
  const lxc = { ...hook, driver: 'lxc', whose: 'nobody', executable: false } as const;
  const spoken = (whose: HookFacts['whose']) =>
    checkLibvirt({ ...libvirt, hooks: [{ ...hook, whose }, lxc] }).some(({ check }) => check === 'hook.lxc');
  assert.equal([spoken('nobody'), spoken('ours'), spoken('foreign')], [false, true, true]);
});

const well = { there: true, enabled: true, active: true, failed: false };
const services: ServiceFacts = {
  systemd: true,
  configured: true,
  lastSync: 30_000,
  loaded: true,
  command: ['/usr/sbin/virt-shaper'],
  units: ['virt-shaper.service', 'virt-shaper-sync.timer'].map((name) => ({ name, ...well })),
};

test('two runs that were missed are no finding, the third is; the advice is for who runs it', () => {
  const sync = (lastSync: number | undefined, timer: boolean, loaded = true) => {
    const units = timer ? services.units : services.units.slice(0, 1);
    const { lastSync: _, ...facts } = services;
    const found = checkServices({ ...facts, loaded, units, ...(lastSync === undefined ? {} : { lastSync }) });
    const { level, hint } = named(found, 'last-sync');
    return [level, hint];
  };
  const status = 'systemctl status virt-shaper-sync.timer virt-shaper-sync.service';
  assert.equal(sync(180_000, true), ['ok', undefined]);
  assert.equal(sync(180_000, false), ['ok', undefined]);
  assert.equal(sync(180_001, true), ['problem', status]);
  assert.equal(sync(180_001, false), ['warning', 'virt-shaper sync --in-force']);
  assert.equal(sync(undefined, true), ['warning', status]);
  assert.equal(sync(undefined, false), ['warning', 'virt-shaper sync --in-force']);
  assert.equal(sync(undefined, false, false), ['warning', 'virt-shaper apply'], 'nothing is in force');
});

test('each unit says what does not happen without it, and what to type', () => {
  const unit = (change: object) =>
    checkServices({
      ...services,
      units: [services.units[0] as never, { name: 'virt-shaper-sync.timer', ...well, ...change }],
    }).find(({ check }) => check === 'unit.virt-shaper-sync.timer');
  const without = 'without it what nobody told of is not found';
  const enable = 'systemctl enable --now virt-shaper';
  const cases: [object, string, string, string | undefined][] = [
    [{}, 'ok', 'enabled, active', undefined],
    [{ enabled: false }, 'warning', `not enabled, active: ${without}`, enable],
    [{ active: false }, 'warning', `enabled, not active: ${without}`, enable],
    [{ there: false }, 'warning', `not installed: ${without}`, undefined],
    [{ failed: true }, 'problem', `failed: ${without}`, 'systemctl status virt-shaper-sync.timer'],
  ];
  for (const [change, level, detail, hint] of cases) {
    const found = unit(change);
    assert.equal([found?.level, found?.detail, found?.hint], [level, detail, hint], JSON.stringify(change));
  }
});

const guest = (name: string, ...taps: string[]) => ({
  name,
  driver: 'qemu' as const,
  nics: taps.map((tap) => ({ tap, bridge: 'br0' })),
});
const guests: GuestFacts = {
  noted: { value: [] },
  running: [],
  inForce: new Set(),
  loaded: true,
  unread: [],
  devices: new Map(),
  bridges: ['br0'],
  uplinks: [],
  hostAddresses: new Map() as never,
};

test('what is advised for guests that nobody told of loads no configuration that is not in force', () => {
  const hints = (more: Partial<GuestFacts>) =>
    checkGuests({ ...guests, noted: { value: [guest('b', 't1')] }, running: [guest('a', 't0')], ...more })
      .filter(({ level }) => level !== 'ok')
      .map(({ hint }) => hint);
  const repair = 'virt-shaper sync --in-force';
  assert.equal(hints({}), [repair, repair]);
  assert.equal(hints({ remedies: new Map([['a', 'do that']]) }), ['do that', repair]);
  const apply = 'virt-shaper apply';
  const once = `once there is a configuration without mistakes: ${apply}`;
  assert.equal(hints({ loaded: false }), [once, once]);
  assert.equal(hints({ loaded: false, config: makeWorld('[guest.a]\n', {}).config }), [apply, apply]);
});

test('a NIC that nothing shapes has its own remedy, and not that of another one of its guest that is shaped', () => {
  const behind: Fault = { kind: 'behind', reason: 'a mirror sees no frame', remedy: 'move the mirror' };
  const unknown: Fault = { kind: 'unknown', reason: 'no load has seen it', remedy: 'load it' };
  const rows = (...faults: Fault[]) => [
    { guest: 'a', uplink: 'eth0', faults: [behind] },
    { guest: 'a', faults },
  ];
  assert.equal([...remediesOf(rows(unknown))], [['a', 'load it']]);
  assert.equal([...remediesOf(rows(unknown).reverse())], [['a', 'load it']]);
  assert.equal([...remediesOf(rows({ kind: 'unlisted', reason: 'it has no entry' }))], []);
});

test('guests are counted; six taps of nobody are named, and of more how many', () => {
  assert.is(line(named(checkGuests(guests), 'guests')), 'ok guests: none runs');
  const one = checkGuests({ ...guests, noted: { value: [guest('a')] }, running: [guest('a')] });
  assert.is(line(named(one, 'guests')), 'ok guests: 1 running');
  const stray = (count: number) => {
    const devices: Host['devices'] = new Map([['eth0', { tap: false, master: 'br0' }]]);
    for (let at = 0; at < count; at += 1) devices.set(`t${at}`, { tap: true, master: 'br0' });
    return named(checkGuests({ ...guests, devices }), 'guest.stray-taps').detail;
  };
  assert.match(stray(6), /unshaped: t0, t1, t2, t3, t4, t5$/);
  assert.match(stray(7), /unshaped: t0, t1, t2, t3, t4, t5 and 1 more$/);
});

test('a guest in force that is not noted is a warning, one with a new NIC a problem', () => {
  const found = (inForce: string[], noted: ReturnType<typeof guest>[]) =>
    wrong(
      checkGuests({
        ...guests,
        running: [guest('a', 'vnet0', 'vnet1')],
        noted: { value: noted },
        inForce: new Set(inForce),
      }),
    );
  const both = ['vnet0 a', 'vnet1 a'];
  assert.equal(found(both, []), ['warning a: runs and is in force, and is not noted any more']);
  assert.equal(
    wrong(
      checkGuests({
        ...guests,
        running: [guest('a', 'vnet0')],
        noted: { value: [] },
        inForce: new Set(both),
      }),
    ),
    ['warning a: runs and is in force, and is not noted any more'],
  );
  assert.equal(found(['vnet0 a'], []), ['problem a: runs, and virt-shaper was never told: it is not shaped']);
  assert.equal(found(['vnet0 a', 'vnet1 b'], [guest('a', 'vnet0')]), [
    'problem a: has a NIC that virt-shaper does not know of, unshaped: vnet1',
  ]);
  assert.equal(found([], [guest('a', 'vnet0', 'vnet1')]), []);
});

const now = 1e12;
const inForce: InForceFacts = {
  now,
  history: { value: { version: 1, loads: 1, failures: 0, last: { at: now - 300_000 } } },
  loaded: true,
  drift: { value: 0 },
  inForce: { value: { version: 1, uplinks: [], unshaped: [], warnings: [] } },
  rows: { value: [] },
};

test('what differs is counted, and the advice depends on whether a load knows of it', () => {
  const drift = (value: number, more: Partial<InForceFacts> = {}) => {
    const { level, detail, hint } = named(
      checkInForce({ ...inForce, drift: { value }, ...more }),
      'kernel-state',
    );
    return [level, detail, hint?.split(',')[0]];
  };
  assert.equal(drift(0), ['ok', 'as loaded', undefined]);
  assert.equal(drift(0, { loaded: false }), ['ok', 'nothing loaded', undefined]);
  const shows = 'virt-shaper verify shows what somebody changed';
  assert.equal(drift(1), ['problem', 'differs from what was loaded in one thing', shows]);
  assert.equal(drift(2), ['problem', 'differs from what was loaded in 2 things', shows]);
  assert.equal(drift(1, { loaded: false }), [
    'problem',
    "one thing of virt-shaper's that no load knows of",
    'virt-shaper verify shows them',
  ]);
  const lost = 'what was loaded is in the kernel';
  assert.equal(drift(1, { lost: true }), [
    'problem',
    `${lost}, and its rules are gone from the disk`,
    'virt-shaper sync makes them anew',
  ]);
});

test('the last load: none, none since boot, well, failed with its own advice first', () => {
  const last = (value: { at?: number; error?: string }, more: Partial<InForceFacts> = {}) => {
    const history = { value: { version: 1 as const, loads: 0, failures: 0, last: value } };
    const { level, detail, hint } = named(checkInForce({ ...inForce, history, ...more }), 'last-load');
    return [level, detail, hint];
  };
  assert.equal(last({}), ['ok', 'not since boot', undefined]);
  assert.equal(last({}, { loaded: false }), [
    'warning',
    'none: nothing is shaped',
    'virt-shaper check, then: virt-shaper apply',
  ]);
  assert.equal(last({ at: now - 300_000 }), ['ok', '5 min ago', undefined]);
  assert.equal(last({ at: now - 300_000, error: 'virt-shaper: no tc\n      install it' }), [
    'problem',
    'failed 5 min ago: no tc',
    'install it\nonce that is mended: virt-shaper sync --in-force, or again what failed',
  ]);
});

test('rules that are behind are told of where something is loaded', () => {
  const rules = (outdated: InForceFacts['outdated'], loaded = true) => {
    const found = checkInForce({ ...inForce, loaded, ...(outdated ? { outdated } : {}) });
    const one = found.find(({ check }) => check === 'rules');
    return one && [one.level, one.hint];
  };
  const look = 'virt-shaper apply --dry-run shows what for, virt-shaper apply loads it';
  assert.equal(rules({ value: true }), ['warning', look]);
  assert.equal(rules({ value: false }), ['ok', undefined]);
  assert.equal(rules({ failed: 'x', hint: 'y' }), ['warning', 'y']);
  assert.equal([rules(undefined), rules({ value: true }, false)], [undefined, undefined]);
});

test('what others do to our marks and to routed frames is told beside the bridges', () => {
  const facts: NetworkFacts = {
    devices: new Map(),
    networks: new Map(),
    bridges: [],
    config: makeWorld('', {}).config,
    guests: [],
    shaped: new Set(),
    unreachable: [{ guest: 'cliff', kind: 'unable' as never, reason: 'no bridge', remedy: 'give it one' }],
    foreignMarks: ['table inet x sets our marks'],
    waysOut: new Map(),
  };
  const checks = (more: Partial<NetworkFacts>) =>
    checkNetwork({ ...facts, ...more }).map(({ check }) => check);
  assert.equal(checks({}), ['bridges', 'guest.unreachable', 'marks', 'br_netfilter']);
  const flowtables = new Map([['table inet f', ['eth0']]]);
  const bypass = { flowtables, rules: [], unseen: [], fixed: [] };
  assert.is(checks({ bypass }).length, 5);
  const { hint, detail } = named(checkNetwork(facts), 'guest.unreachable');
  assert.equal([detail, hint], ['has an entry and is not shaped: no bridge', 'give it one']);
  const level = (callIptables?: boolean) =>
    named(checkNetwork({ ...facts, ...(callIptables === undefined ? {} : { callIptables }) }), 'br_netfilter')
      .level;
  assert.equal([level(), level(false), level(true)], ['ok', 'ok', 'warning']);
});

test('six who may forge are named, and of more how many; a filter that pins both keeps one from it', () => {
  const names = (count: number) => forgersText(Array.from({ length: count }, (_, at) => `g${at}`));
  assert.match(names(6), /: g0, g1, g2, g3, g4, g5$/);
  assert.match(names(8), /: g0, g1, g2, g3, g4, g5 and 2 more$/);
  const may = (...filters: (string | undefined)[]) =>
    mayForge({ nics: filters.map((filter) => ({ tap: 'x', ...(filter ? { filter } : {}) })) });
  assert.equal([may(), may(undefined), may('clean-traffic'), may('mine')], [false, true, false, false]);
  assert.equal(
    [may('clean-traffic', undefined), may('no-mac-spoofing'), may('allow-arp')],
    [true, true, true],
  );
});

test('who failed without advice gives none', async () => {
  const failed = await attempt(() => Promise.reject(new Failure('no tc')));
  assert.equal(Object.keys(failed), ['failed']);
});

test.run();
