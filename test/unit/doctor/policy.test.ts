// Doctor's judgements of the policy, each from facts made up for it: configuration, network, guests, what is in
// force. How the facts are read is for the tests on a real kernel.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ConfigurationFacts, checkConfiguration } from '../../../src/doctor/configuration.ts';
import { checkFiles } from '../../../src/doctor/files.ts';
import { checkGuests } from '../../../src/doctor/guests.ts';
import { checkInForce, type InForceFacts } from '../../../src/doctor/in-force.ts';
import { checkNetwork, type NetworkFacts } from '../../../src/doctor/network.ts';
import type { Device } from '../../../src/host/host.ts';
import type { GuestRow } from '../../../src/observe/guests.ts';
import { sinceBoot } from '../../../src/store/pending.ts';
import { line, named, wrong } from '../../support/findings.ts';
import { makeInUse } from '../../support/in-use.ts';
import { makeWorld } from '../../support/world.ts';

const configuration: ConfigurationFacts = {
  file: '/etc/virt-shaper/config.toml',
  there: true,
  errors: [],
  warnings: [],
  config: makeWorld('[guest.cliff]\n', {}).config,
  held: false,
  writable: new Map(),
  templates: { value: new Map() },
};

test('the configuration: counted, missing, wrong, held back', () => {
  assert.equal(checkConfiguration(configuration).map(line), [
    'ok configuration: /etc/virt-shaper/config.toml: 1 guest, 0 groups, 0 uplinks',
    'ok permissions: only root can write what is read',
  ]);
  const { config: _, ...broken } = configuration;
  assert.match(checkConfiguration({ ...broken, there: false })[0]?.hint ?? '', 'virt-shaper init');
  const at = { file: 'config.toml', line: 3, column: 8 };
  const error = { severity: 'error' as const, at, message: 'guest.cliff.rate: "fast" is not a rate' };
  assert.equal(wrong(checkConfiguration({ ...broken, errors: [error, error] })), [
    'problem configuration: config.toml:3:8: guest.cliff.rate: "fast" is not a rate (the first of 2 mistakes)',
  ]);
  assert.match(
    wrong(checkConfiguration({ ...configuration, held: true }))[0] ?? '',
    'warning confirmation: a load was not confirmed',
  );
  for (const [left, words] of [
    [
      3_599_500,
      /^warning confirmation: what is loaded is taken back in (3599|3600) s unless somebody confirms it/,
    ],
    [-5, /^warning confirmation: what is loaded was not confirmed in time, and nothing took it back/],
  ] as const) {
    const pending = { deadline: sinceBoot() + left };
    assert.match(wrong(checkConfiguration({ ...configuration, pending }))[0] ?? '', words);
  }
});

test('who else can write, and templates that leave out burst', () => {
  const writable = new Map([
    ['/etc/virt-shaper', 'others than root can write it (owner 0, group 0, mode 0777)'],
  ]);
  assert.match(
    wrong(checkConfiguration({ ...configuration, writable }))[0] ?? '',
    'problem permissions: /etc/virt-shaper: others',
  );
  const withOwn = (text: string) =>
    checkConfiguration({ ...configuration, templates: { value: new Map([['class.tc', text]]) } });
  assert.equal(wrong(withOwn('class add rate {{rate}} burst {{burst}}')), []);
  assert.match(
    wrong(withOwn('class add rate {{rate}}'))[0] ?? '',
    'warning templates: your class.tc.hbs leaves out burst',
  );
});

function network(toml: string, devices: Record<string, Device>, bridges = ['br0']): NetworkFacts {
  const { config } = makeWorld(toml, {});
  return {
    devices: new Map(Object.entries(devices)),
    networks: new Map(),
    bridges,
    config,
    guests: [],
    shaped: new Set(),
    unreachable: [],
    foreignMarks: [],
    waysOut: new Map(),
  };
}

test('bridges and their uplinks', () => {
  const port = { tap: false, master: 'br0' };
  const eth0 = { ...port, speed: 1e9 };
  const detail = (toml: string, devices: Record<string, Device>) =>
    line(named(checkNetwork(network(toml, devices)), 'bridge'));
  assert.is(detail('', { eth0 }), 'ok br0: uplink eth0, 1gbit as the kernel reports it');
  assert.is(
    detail('[uplink.eth0]\nceil = "500mbit"\n', { eth0 }),
    'ok br0: uplink eth0, 500mbit as configured',
  );
  assert.is(
    detail('[uplink.eth0]\nceil = { out = "50mbit", in = "100mbit" }\n', { eth0 }),
    'ok br0: uplink eth0, 50mbit out, 100mbit in as configured',
  );
  assert.match(
    detail('[uplink.eth0]\nceil = "10gbit"\n', { eth0 }),
    'ok br0: uplink eth0, 10gbit as configured',
  );
  assert.match(
    detail('', { eth0: port }),
    'warning br0: uplink eth0, of a speed the kernel does not know: 10gbit',
  );
  assert.match(
    detail('', { eth0, eth1: port }),
    'warning br0: br0 has 2 ports that may be its uplink (eth0, eth1)',
  );
  assert.match(detail('', {}), 'ok br0: has no uplink');
  const vlan = checkNetwork(network('', { 'eth0.100': port }));
  assert.match(named(vlan, 'bridge').hint ?? '', '[uplink."eth0.100"] ceil');
});

test("a bridge of libvirt's own network: whether its guests get out at all, and that nothing shapes them", () => {
  const said = (mode: 'nat' | 'isolated') => {
    const networks = new Map([['virbr0', { name: 'default', mode }]]);
    return line(named(checkNetwork({ ...network('', {}, ['virbr0']), networks }), 'bridge'));
  };
  assert.is(
    said('nat'),
    "ok virbr0: libvirt's network default leads out by the host's routing (nat): guests there are not shaped",
  );
  assert.is(
    said('isolated'),
    "ok virbr0: libvirt's network default leads nowhere: guests there are not shaped",
  );
});

test('an uplink in doubt is a problem once a guest needs it; no bridge at all', () => {
  const port = { tap: false, master: 'br0' };
  const facts = network('', { eth0: port, eth1: port, vnet0: { tap: true, master: 'br0' } });
  const guests = [{ name: 'cliff', driver: 'qemu' as const, nics: [{ tap: 'vnet0', bridge: 'br0' }] }];
  assert.is(named(checkNetwork({ ...facts, guests }), 'bridge').level, 'problem');
  assert.match(wrong(checkNetwork(network('', {}, [])))[0] ?? '', 'warning bridges: this host has none');
});

test('a routed bridge whose guests the host sends by another device than their uplinks', () => {
  const lan = { tap: false, master: 'br0' };
  const devices: Record<string, Device> = {
    virbr0: { tap: false },
    br0: { tap: false },
    eth0: { ...lan, speed: 1e9 },
    'eth0.5': { tap: false, lower: ['eth0'] },
    wg0: { tap: false },
  };
  const said = (routed: string, ...exits: string[]) =>
    wrong(
      checkNetwork({
        ...network(`[uplink.eth0]\nceil = "1gbit"\n${routed}`, devices, ['virbr0']),
        waysOut: new Map([
          [
            'virbr0',
            [
              { family: 'IPv4' as const, devices: exits },
              { family: 'IPv6' as const, devices: exits.slice(-1) },
            ],
          ],
        ]),
      }),
    );
  const routed = 'routed = "virbr0"\n';
  for (const covered of [[], ['eth0'], ['br0'], ['eth0.5', 'eth0']])
    assert.equal(said(routed, ...covered), [], covered.join());
  const warning = (families: string) =>
    `warning virbr0: what the host routes for its guests by ${families} leaves by wg0, which is no uplink of this bridge: it is not shaped`;
  assert.equal(said(routed, 'wg0'), [warning('IPv4 and IPv6')]);
  assert.equal(said(routed, 'wg0', 'eth0'), [warning('IPv4')]);
  assert.equal(said(`${routed}[uplink.wg0]\nceil = "1gbit"\n${routed}`, 'wg0'), []);
  assert.equal(said('', 'wg0'), [], 'nobody has said that it is routed');
});

test('br_netfilter: not loaded, loaded and quiet, in the way', () => {
  const level = (callIptables?: boolean) =>
    named(
      checkNetwork({ ...network('', {}), ...(callIptables === undefined ? {} : { callIptables }) }),
      'br_netfilter',
    ).level;
  assert.equal([level(), level(false), level(true)], ['ok', 'ok', 'warning']);
});

test('guests that run and are not noted, noted and gone, with a new NIC, taps of nobody', () => {
  const guest = (name: string, ...taps: string[]) => ({
    name,
    driver: 'qemu' as const,
    nics: taps.map((tap) => ({ tap, bridge: 'br0' })),
  });
  const tap = { tap: true, master: 'br0' };
  const none = new Set<string>();
  const facts = {
    unread: [],
    uplinks: [],
    devices: new Map(),
    bridges: ['br0'],
    inForce: none,
    loaded: true,
    hostAddresses: new Map(),
  };
  assert.equal(
    wrong(
      checkGuests({
        ...facts,
        noted: { value: [guest('cliff', 'vnet0'), guest('gone', 'vnet9')] },
        running: [guest('cliff', 'vnet0', 'vnet1'), guest('new', 'vnet2')],
        devices: new Map([
          ...['vnet0', 'vnet1', 'vnet2', 'vnet5'].map((name) => [name, tap] as const),
          ['eth0', { ...tap, tap: false }],
        ]),
      }),
    ),
    [
      'problem cliff: has a NIC that virt-shaper does not know of, unshaped: vnet1',
      'problem new: runs, and virt-shaper was never told: it is not shaped',
      'warning gone: does not run any more, or has lost its taps, and virt-shaper was not told: what it had is left over',
      'warning br0: taps of no guest that virt-shaper knows, unshaped: vnet5',
    ],
  );
  const forgotten = checkGuests({
    ...facts,
    noted: { value: [] },
    running: [guest('cliff', 'vnet0', 'vnet1'), guest('new', 'vnet2', 'vnet3')],
    inForce: new Set(['vnet0 cliff', 'vnet1 cliff', 'vnet2 new', 'vnet3 cliff']),
  });
  assert.equal(wrong(forgotten), [
    'warning cliff: runs and is in force, and is not noted any more',
    'problem new: runs, and virt-shaper was never told: it is not shaped',
  ]);
  const damaged = checkGuests({ ...facts, noted: { failed: 'guests.json is damaged' }, running: [] });
  assert.equal(damaged.map(line), ['problem guests: guests.json is damaged']);
});

const inForce: InForceFacts = {
  now: 100_000,
  history: { value: { version: 1, loads: 1, failures: 0, last: { at: 40_000 } } },
  loaded: true,
  drift: { value: 0 },
  rows: { value: [] },
  inForce: { value: { version: 1, uplinks: [], unshaped: [], warnings: [] } },
  outdated: { value: false },
};

test('files of our own: folders that take none, and what is damaged, each with what to do', () => {
  const [var_, run] = [
    { path: '/v', kind: 'lasting' as const },
    { path: '/r', kind: 'of this boot' as const },
  ];
  const none = { folders: [var_, run], ledger: [] };
  assert.equal(checkFiles(none), []);
  const found = checkFiles({
    folders: [
      { ...var_, code: 'EROFS' },
      { ...run, code: 'ENOSPC' },
    ],
    overrides: 'overrides',
    ids: 'ids',
    ledger: [
      { file: '/u', kind: 'newer', text: 'newer' },
      { file: '/u', kind: 'damaged', text: 'damaged' },
    ],
  });
  assert.equal(
    found.map((one) => `${line(one)}; ${one.hint}`),
    [
      'problem room: /v: the file system is read-only: guests are shaped by rules in /run, and no apply, limit or usage is kept; make it writable: findmnt -T /v',
      'problem room: /r: there is no room left: no load can change anything, and a guest that starts is not shaped, or does not start; make room: df -h /r',
      'problem files: overrides; put it right before the next sync, or set the limits again: virt-shaper limit',
      'warning files: ids; undefined',
      'warning files: newer; install that version again, or move the file away to begin a new one',
      'warning files: damaged; the next sync begins a new one, and keeps this one beside it',
    ],
  );
});

test('what is in force: well, changed by hand, outdated, failed', () => {
  assert.equal(checkInForce(inForce).map(line), [
    'ok last load: 60 s ago',
    'ok kernel state: as loaded',
    'ok rules: in force as configured',
  ]);
  const drift = wrong(checkInForce({ ...inForce, drift: { value: 1 } }));
  assert.equal(drift, ['problem kernel state: differs from what was loaded in one thing']);
  const unrecorded = (value: number) =>
    wrong(checkInForce({ ...inForce, drift: { value }, isUnrecorded: true }));
  assert.match(unrecorded(1)[0] ?? '', 'warning kernel state: nobody knows whether it is as loaded');
  assert.match(unrecorded(2)[0] ?? '', 'differs from what was loaded in 2 things');
  assert.match(
    wrong(checkInForce({ ...inForce, outdated: { value: true } }))[0] ?? '',
    'warning rules: the configuration',
  );
  const error = 'virt-shaper: eth0 has a root qdisc\n      nothing has been changed';
  const row = {
    guest: 'ann',
    taps: ['vnet0'],
    state: 'unshaped',
    shaped: { out: false, in: false },
  } as const;
  const unloaded = { kind: 'unloaded', reason: 'virt-shaper unload has taken all limits out' } as const;
  const rows = { value: [{ ...row, taps: ['vnet0'], faults: [unloaded] }] };
  assert.match(wrong(checkInForce({ ...inForce, rows })).join(), 'warning ann: virt-shaper unload');
  const failed = checkInForce({
    ...inForce,
    history: { value: { version: 1, loads: 0, failures: 1, last: { at: 90_000, error } } },
  });
  assert.equal(wrong(failed), ['problem last load: failed 10 s ago: eth0 has a root qdisc']);
  assert.match(failed[0]?.hint ?? '', /^nothing has been changed\n/);
});

test('how many are shaped is what status says, not how many were loaded', () => {
  const { inForce: plan, guests } = makeInUse([{ name: 'cliff' }, { name: 'rob' }]);
  const detail = (rows: InForceFacts['rows']) =>
    checkInForce({ ...inForce, inForce: { value: plan }, rows }).find(({ check }) => check === 'shaped')
      ?.detail;
  assert.is(detail({ value: guests }), '2 on eth0');
  const [cliff, rob] = guests as [GuestRow, GuestRow];
  assert.is(detail({ value: [cliff, { ...rob, state: 'partly' }] }), '1 of 2 on eth0');
  assert.is(detail({ value: [cliff, { ...rob, state: 'gone' }] }), '1 on eth0');
  assert.is(detail({ failed: 'tc hangs' }), '2 on eth0');
});

test('what cannot be read is said once, and costs no other finding', () => {
  const broken = checkInForce({
    ...inForce,
    history: { failed: 'history.json is damaged' },
    drift: { failed: 'tc hangs\nand hangs', hint: 'wait' },
    inForce: { failed: '.plan.json is damaged' },
    rows: { failed: 'tc hangs' },
    outdated: { failed: 'no room', hint: 'make some' },
  });
  assert.equal(wrong(broken), [
    'warning last load: history.json is damaged',
    'problem kernel state: tc hangs',
    'warning rules: cannot be made now: no room',
    'warning in force: .plan.json is damaged',
  ]);
  assert.equal(
    broken.map(({ hint }) => hint),
    [
      'nothing depends on it; the next load that changes something makes it anew',
      'wait',
      'make some',
      'virt-shaper sync --in-force makes it anew',
    ],
  );
  const blind = checkInForce({ ...inForce, rows: { failed: 'nft hangs' } });
  assert.equal(wrong(blind), ['problem frames: nft hangs']);
  const lost = checkInForce({ ...inForce, drift: { value: 3 }, lost: true });
  assert.equal(wrong(lost), [
    'problem kernel state: what was loaded is in the kernel, and its rules are gone from the disk',
  ]);
  const quiet = { ...inForce, loaded: false, outdated: { value: true } };
  assert.equal(wrong(checkInForce(quiet)), [], 'where nothing is loaded no rules are old');
  const boot = { value: { version: 1 as const, loads: 0, failures: 0, last: {} } };
  assert.is(checkInForce({ ...inForce, history: boot })[0]?.detail, 'not since boot');
});

test('a fault is said of its tap, with what to do, unless it is said elsewhere', () => {
  const row = { guest: 'ann', taps: ['vnet0'], state: 'partly', shaped: { out: true, in: false } } as const;
  const told = (faults: object[], state = 'partly') =>
    checkInForce({ ...inForce, rows: { value: [{ ...row, state, faults } as never] } }).slice(3);
  const redirect = { kind: 'redirect', direction: 'in', tap: 'vnet0', reason: 'no filter', remedy: 'load' };
  assert.equal(told([redirect]), [
    { check: 'passing.redirect', level: 'problem', subject: 'ann', detail: 'vnet0: no filter', hint: 'load' },
  ]);
  assert.is(told([{ ...redirect, reason: 'vnet0 has no filter' }])[0]?.detail, 'vnet0 has no filter');
  assert.equal(told([redirect], 'gone'), []);
  assert.equal(told([redirect], 'left out'), []);
  for (const kind of ['occupied', 'contested', 'refused', 'unreachable', 'unable'])
    assert.equal(told([{ ...redirect, kind }]), [], kind);
  // Of an uplink's root the network speaks; of an ifb's nobody else.
  assert.equal(told([{ ...redirect, kind: 'root', direction: 'out' }]), []);
  assert.is(told([{ ...redirect, kind: 'root' }]).length, 1);
});

test('nothing loaded, and leftovers of a load that nobody knows of', () => {
  const none = {
    ...inForce,
    loaded: false,
    history: { value: { version: 1 as const, loads: 0, failures: 0, last: {} } },
  };
  assert.equal(wrong(checkInForce(none)), ['warning last load: none: nothing is shaped']);
  assert.match(
    wrong(checkInForce({ ...none, drift: { value: 4 } }))[1] ?? '',
    "problem kernel state: 4 things of virt-shaper's",
  );
});

test('guests that get less than they should, and why', () => {
  const unshaped = [
    { guest: 'cliff', tap: 'vnet0', reason: 'br0 has 2 ports', kind: 'unable' as const },
    { guest: 'rob', reason: 'its guarantee does not fit', kind: 'refused' as const },
    { guest: 'jason', reason: 'it has no entry', kind: 'unlisted' as const },
  ];
  const value = { version: 1 as const, uplinks: [], unshaped, warnings: ['guarantees are scaled down'] };
  assert.equal(wrong(checkInForce({ ...inForce, inForce: { value } })), [
    'problem cliff: vnet0 not shaped: br0 has 2 ports',
    'warning rob: not shaped: its guarantee does not fit',
    'warning policy: guarantees are scaled down',
  ]);
  const shaped = checkInForce({ ...inForce, inForce: { value } }).find(({ check }) => check === 'shaped');
  assert.is(shaped?.detail, '1 left alone: no entry, or no uplink');
});

test.run();
