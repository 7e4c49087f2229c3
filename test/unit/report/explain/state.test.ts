// What explain says a guest's state is, from the policy, the kernel and its rows, and which entry, id, marks and NICs are its own.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GuestRow } from '../../../../src/observe/guests.ts';
import { everyday } from '../../../../src/policy/moment/moment.ts';
import { explain, type Looked } from '../../../../src/report/explain/explain.ts';
import { explanationAsData } from '../../../../src/report/explain/explanation.ts';
import { generateFor, makeWorld, noneChosen, templates, type World } from '../../../support/world.ts';

function explained(world: World, name = 'cliff', looked: Partial<Looked> = {}) {
  const inputs = { moment: everyday, ...world, chosen: noneChosen, templates, source: 'config.toml' };
  const outputs = generateFor(world);
  return explain(name, inputs, outputs, {
    rules: { folder: 'rules.d', rules: outputs.rules },
    kernel: 'no kernel',
    ...looked,
  });
}

const toml = '[guest.cliff]\nrate = "1mbit"\n[guest."web-*"]\n';

test('by the policy: shaped, in part, left out, unshaped, stopped, or not known', () => {
  const state = (
    guests: Record<string, string>,
    config = toml,
    name = 'cliff',
    rows: GuestRow[] | undefined = [],
  ) => explained(makeWorld(config, guests), name, rows ? { rows } : {}).state;
  assert.is(state({ cliff: 'vnet0@br0' }), 'shaped');
  assert.is(state({ cliff: 'vnet0@br0 vnet1@br9' }), 'shaped', 'one that needs no shaping is no fault');
  assert.is(state({ cliff: 'vnet1@br9' }), 'unshaped');
  assert.is(state({ rob: 'vnet1@br0' }, toml, 'rob'), 'left out');
  assert.is(state({ rob: 'vnet1@br0' }), 'stopped');
  const lost = makeWorld(toml, { cliff: 'vnet0@br0 vnet1@br0' });
  lost.host.devices.delete('vnet1');
  assert.is(explained(lost, 'cliff', { rows: [] }).state, 'partly', 'a NIC whose device is not there');
  const bare = makeWorld(toml, { cliff: 'vnet0@br0' });
  for (const guest of bare.guests) guest.nics = [];
  assert.is(explained(bare, 'cliff', { rows: [] }).state, 'unshaped', 'it has no NIC');
  const unread = explained(makeWorld(toml, { cliff: 'vnet0@br0' }), 'cliff');
  assert.is(unread.state, 'unknown');
  assert.is(
    explained(makeWorld(toml, { cliff: 'vnet1@br9' }), 'cliff').state,
    'unshaped',
    'no kernel needs to be asked',
  );
});

const row = (state: GuestRow['state'], guest = 'cliff'): GuestRow => {
  return { guest, taps: [], state, shaped: { out: true, in: true }, faults: [] };
};

test('by its rows: all, some or none of them, without those that are left out', () => {
  const world = makeWorld(toml, { cliff: 'vnet0@br0' });
  const state = (...states: GuestRow['state'][]) =>
    explained(world, 'cliff', { rows: [row('unshaped', 'rob'), ...states.map((one) => row(one))] }).state;
  assert.is(state('shaped'), 'shaped');
  assert.is(state('shaped', 'left out'), 'shaped');
  assert.is(state('unshaped'), 'unshaped');
  assert.is(state('unshaped', 'left out'), 'unshaped');
  assert.is(state('left out', 'left out'), 'left out');
  assert.is(state('partly'), 'partly');
  assert.is(state('shaped', 'unshaped'), 'partly');
  assert.is(state('shaped', 'gone'), 'partly');
  assert.is(state('gone', 'gone'), 'shaped', 'nothing of it is there: as the policy has it');
  assert.is(state(), 'shaped');
});

test('a name like it is proposed where no entry has its own', () => {
  const meant = (name: string, guests: Record<string, string> = {}) =>
    explained(makeWorld(toml, guests), name).meant;
  assert.is(meant('clif'), 'cliff');
  assert.is(meant('cliff'), undefined);
  assert.is(meant('rob', { robb: 'vnet0@br0' }), 'robb', 'one that runs');
  assert.is(
    meant('web-1', { 'web-1': 'vnet0@br0', 'web-2': 'vnet1@br0' }),
    undefined,
    'a pattern fits one that runs',
  );
  assert.is(meant('web-1', { 'web-2': 'vnet1@br0' }), 'web-2', 'it may have been misspelt');
  assert.is(meant('zzzzzz'), undefined);
});

test('its id: written or drawn, and its mark', () => {
  const of = (text: string) => {
    const { id, marks } = explained(makeWorld(text, { cliff: 'vnet0@br0' }));
    return { id, marks };
  };
  const written = of('[guest.cliff]\nid = 0x1f\n');
  assert.equal(written.id, { value: 31, from: 'entry', at: { file: 'config.toml', line: 2, column: 6 } });
  assert.equal(
    written.marks?.map((mark) => mark & 0xffff),
    [31],
  );
  assert.is(written.marks?.length, 1);
  const beside = of('[guest.rob]\nid = 0x20\n[guest.cliff]\nid = 0x1f\n[guest."c*"]\n');
  assert.equal([beside.id?.value, beside.id?.at?.line], [31, 4], 'not that of another entry');
  assert.is(of('[guest.cliff]\n').id?.from, 'drawn');
  assert.is(of('[guest."*"]\n').id?.from, 'drawn');
  assert.is(of('[guest.rob]\n').id, undefined, 'who is not shaped has none');
});

test('each of its NICs: its bridge, address and uplinks, and why it is not shaped', () => {
  const world = makeWorld(toml, { cliff: 'vnet0@br0/52:54:00:00:00:01 vnet1@br9', rob: 'vnet2@br0' });
  const [cliff] = world.guests;
  if (cliff) cliff.skipped = [{ nic: 'macvtap0', reason: 'it crosses no bridge' }];
  const { nics, reasons } = explained(world);
  const plain = nics.map(({ reasons: why, ...nic }) => ({ ...nic, why: why.length }));
  assert.equal(plain, [
    { nic: 'vnet0', bridge: 'br0', mac: '52:54:00:00:00:01', uplinks: ['eth0'], why: 0 },
    { nic: 'vnet1', bridge: 'br9', uplinks: [], why: 1 },
    { nic: 'macvtap0', uplinks: [], why: 1 },
  ]);
  assert.equal(reasons, []);
  const all = explained(makeWorld(toml, { rob: 'vnet2@br0' }), 'rob');
  assert.equal([all.reasons.length, all.nics.map(({ nic }) => nic)], [1, ['vnet2']], 'one for all of it');
});

test('rules.d against what would be rendered now: of it, of others, or nothing there', () => {
  const world = makeWorld(toml, { cliff: 'vnet0@br0' });
  const rendered = (other: World | undefined, name = 'cliff') => {
    const rules = other ? { rules: generateFor(other).rules } : {};
    return explained(world, name, { rules: { folder: 'rules.d', ...rules } }).rules;
  };
  assert.is(rendered(world).rendered, 'same');
  assert.is(rendered(makeWorld(toml, { cliff: 'vnet0@br0', 'web-1': 'vnet1@br0' })).rendered, 'others');
  assert.is(rendered(makeWorld(toml.replace('1mbit', '2mbit'), { cliff: 'vnet0@br0' })).rendered, 'differ');
  assert.equal(rendered(undefined), { folder: 'rules.d', lines: [], rendered: 'missing' });
  assert.ok(rendered(world).lines.length > 4);
  const { rules } = generateFor(world);
  const onlyTc = { ...rules, 'shape.tc': `${rules['shape.tc']}# more\n` };
  assert.is(explained(world, 'cliff', { rules: { folder: 'r', rules: onlyTc } }).rules.rendered, 'others');
  const onlyNft = { ...rules, 'ruleset.nft': `${rules['ruleset.nft']}# more\n` };
  assert.is(explained(world, 'cliff', { rules: { folder: 'r', rules: onlyNft } }).rules.rendered, 'others');
});

test('limits, warnings and rows of others are not its own', () => {
  const uplinks = { eth0: 'br0 1000', eth1: 'br1' };
  const world = makeWorld(toml, { cliff: 'vnet0@br0', 'web-1': 'vnet1@br1' }, uplinks);
  const limit = (guest: string) => ({
    guest,
    limit: 'local' as const,
    rate: 1,
    unit: 'bits' as const,
    dropped: { packets: 0, bytes: 0 },
  });
  const one = explained(world, 'cliff', {
    limits: [limit('cliff'), limit('rob')],
    rows: [row('shaped'), row('shaped', 'rob')],
  });
  assert.equal([one.limits.length, one.shaping.length, one.warnings.length], [1, 1, 0]);
  assert.equal(explained(world, 'web-1').warnings.length, 1);
});

test('for programs: ids as tc and nft print them, and each reason with its NIC', () => {
  const world = makeWorld('[guest.cliff]\nid = 0x1f\n', { cliff: 'vnet0@br0 vnet1@br9' });
  const data = JSON.parse(JSON.stringify(explanationAsData(explained(world))));
  assert.equal(data.id, { value: '0x1f', from: 'entry', at: { file: 'config.toml', line: 2, column: 6 } });
  assert.equal(data.marks, ['0x7673001f']);
  assert.equal(
    data.reasons.map(({ tap }: { tap: string }) => tap),
    ['vnet1'],
  );
  assert.equal(data.kernel, { unreadable: 'no kernel' });
  assert.equal([data.version, data.guest, data.quotas, data.credits, data.shaping], [1, 'cliff', [], [], []]);
  const [uplink] = data.uplinks;
  assert.equal([uplink.uplink, uplink.out.class, uplink.in.class], ['eth0', '1:1f', '2:1f']);
  assert.equal([uplink.out.id, uplink.name, uplink.out.rate.value], [undefined, undefined, 100e6]);
  const bare = JSON.parse(JSON.stringify(explanationAsData(explained(makeWorld(toml, {}), 'nobody'))));
  assert.equal(['id' in bare, 'marks' in bare, bare.uplinks], [false, false, []]);
});

test('for programs: a reason of the guest as a whole is there, without a NIC', () => {
  const { reasons } = explanationAsData(explained(makeWorld(toml, { rob: 'vnet1@br0' }), 'rob'));
  assert.equal(reasons, [{ kind: 'unlisted', reason: 'it has no entry in the configuration' }]);
});

test.run();
