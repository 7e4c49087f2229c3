// Whose limit is meant: who is there and runs, who is there and does not, and for a name of nobody what was meant.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Generated } from '../../../../src/operations/generate.ts';
import { findSubject } from '../../../../src/operations/moment/find-subject.ts';
import { everyday, type MomentSubject } from '../../../../src/policy/moment/moment.ts';
import { Failure } from '../../../../src/system/errors.ts';
import { generateFor, makeWorld, type World } from '../../../support/world.ts';

const toml = `[defaults]
unlisted = "ignore"
[uplink.eth7]
[group.friends]
ceil = "30mbit"
[group.empty]
ceil = "30mbit"
[guest.cliff]
group = "friends"
[guest.rob]
[guest."web*"]
`;

function generated(world: World): Generated {
  const { config, guests } = world;
  return { ...generateFor(world), inputs: { config, guests, moment: everyday } } as unknown as Generated;
}

const running = { cliff: 'vnet0@br0', jason: 'vnet1@br0', web1: 'vnet2@br0' };
const host = generated(makeWorld(toml, running));

function find(kind: MomentSubject['kind'], name: string, of = host): boolean | [string, string | undefined] {
  try {
    return findSubject(of, { kind, name });
  } catch (error) {
    assert.instance(error, Failure);
    return [(error as Failure).message, (error as Failure).hint];
  }
}

const tree = 'virt-shaper tree shows all that run';

test('a guest that runs, one that does not, and one that only a pattern names', () => {
  assert.is(find('guest', 'cliff'), true);
  assert.is(find('guest', 'web1'), true);
  assert.is(find('guest', 'rob'), false);
  assert.is(find('guest', 'web2'), false);
});

test('one that runs behind no uplink is there all the same', () => {
  const aside = generated(makeWorld(toml, { rob: 'vnet0@br9' }));
  assert.is(find('guest', 'rob', aside), true);
});

test('one without an entry is not shaped by wish, unless the unlisted are, or its own metadata says more', () => {
  assert.equal(find('guest', 'jason'), [
    'guest jason has no entry in the configuration in force, so it is not shaped',
    'write one and apply it first: virt-shaper apply',
  ]);
  const shaped = generated(makeWorld(toml.replace('"ignore"', '"shape"'), { jason: 'vnet1@br9' }));
  assert.is(find('guest', 'jason', shaped), true);
  const aside = makeWorld(toml.replace('"ignore"', '"ignore"\nmetadata = true'), { jason: 'vnet1@br9' });
  const [jason] = aside.guests;
  const asks = generated({ ...aside, guests: jason ? [{ ...jason, metadata: { ceil: { out: 1e6 } } }] : [] });
  assert.is(find('guest', 'jason', asks), true);
});

test('behind one of two uplinks it is there, as its group is', () => {
  const both = generated(
    makeWorld(toml, { cliff: 'vnet0@br0', rob: 'vnet1@br1' }, { eth0: 'br0 1000', eth1: 'br1 1000' }),
  );
  assert.equal([find('guest', 'cliff', both), find('group', 'friends', both)], [true, true]);
});

test('a group runs where one of its members does, beside other groups or alone', () => {
  const members = toml.replace('[guest.rob]', '[guest.rob]\ngroup = "empty"');
  const running = (guests: Record<string, string>) => {
    const now = generated(makeWorld(members, guests));
    return ['friends', 'empty'].map((name) => find('group', name, now));
  };
  assert.equal(running({ cliff: 'vnet0@br0', rob: 'vnet1@br0' }), [true, true]);
  assert.equal(running({ rob: 'vnet1@br0' }), [false, true]);
  assert.equal(running({ web1: 'vnet2@br0' }), [false, false], 'nobody there is in a group');
});

test('nobody of that name: what was meant', () => {
  const nobody = (name: string) =>
    `no guest ${name} runs, and no entry of the configuration in force fits that name`;
  assert.equal(find('guest', 'clif'), [nobody('clif'), 'did you mean cliff?']);
  assert.equal(find('guest', 'jasom'), [nobody('jasom'), 'did you mean jason?'], 'those that run count too');
  const few = generated(makeWorld(toml, { cliff: 'vnet0@br0' }));
  assert.equal(find('guest', 'we*', few), [nobody('"we*"'), tree], 'a pattern is no name');
  assert.equal(find('guest', 'zzzzzz'), [nobody('zzzzzz'), tree]);
  const none = generated(makeWorld(toml, {}));
  assert.equal(find('guest', 'clif', none), [nobody('clif'), 'did you mean cliff?'], 'while nobody runs');
  assert.is(find('guest', 'cliff', none), false);
  assert.equal(find('guest', 'friends'), [
    'there is no guest friends; it is a group',
    'with --group the group is meant',
  ]);
});

test('groups', () => {
  assert.is(find('group', 'friends'), true);
  assert.is(find('group', 'empty'), false);
  assert.equal(find('group', 'cliff'), ['there is no group cliff; it is a guest', 'virt-shaper limit cliff']);
  const none = 'the configuration in force has no group';
  assert.equal(find('group', 'friend'), [`${none} friend`, 'did you mean friends?']);
  assert.equal(find('group', 'zzzzzz'), [`${none} zzzzzz`, tree]);
});

test('uplinks', () => {
  assert.is(find('unmarked', 'eth0'), true);
  assert.is(find('unmarked', 'eth7'), false);
  assert.equal(find('unmarked', 'eth1'), ['there is no uplink eth1', 'did you mean eth7?']);
  assert.equal(find('unmarked', 'zzzzzz'), ['there is no uplink zzzzzz', tree]);
  const more = generated(makeWorld(`${toml}[uplink.eth8]\n`, running));
  assert.equal(
    ['eth0', 'eth7', 'eth8'].map((name) => find('unmarked', name, more)),
    [true, false, false],
  );
  const found = generated(makeWorld('[guest.cliff]\n', running));
  assert.is(find('unmarked', 'eth0', found), true, 'one without a table');
  assert.equal(find('unmarked', 'eth9', found), ['there is no uplink eth9', 'did you mean eth0?']);
});

test.run();
