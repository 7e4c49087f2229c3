// Which rows and branches are shown for the names that somebody asks for, and on what screen.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { screenOf, select, selectBranches } from '../../../src/operations/look.ts';
import { Failure } from '../../../src/system/errors.ts';
import { makeInUse } from '../../support/in-use.ts';

const { guests, uplinks } = makeInUse([
  { name: 'cliff', group: 'friends' },
  { name: 'rob', group: 'friends' },
  { name: 'jason' },
]);

const rows = (...names: string[]) => select(guests, names).map(({ guest }) => guest);

function refusal(...names: string[]): [string, string | undefined] {
  try {
    rows(...names);
  } catch (error) {
    assert.instance(error, Failure);
    return [(error as Failure).message, (error as Failure).hint];
  }
  return ['', undefined];
}

test('no name means all; a guest, a group with its members, a pattern', () => {
  assert.equal(rows(), ['cliff', 'jason', 'rob']);
  assert.equal(rows('jason'), ['jason']);
  assert.equal(rows('friends'), ['cliff', 'rob']);
  assert.equal(rows('?ob'), ['rob']);
  assert.equal(rows('fr*'), ['cliff', 'rob']);
  assert.equal(rows('j*', 'rob'), ['jason', 'rob']);
});

test('each name has to be there, also beside one that is', () => {
  assert.equal(refusal('clif'), ['there is no guest or group clif in force', 'did you mean cliff?']);
  assert.equal(refusal('cliff', 'x'), [
    'there is no guest or group x in force',
    'virt-shaper status shows all',
  ]);
  assert.equal(refusal('cliff'), ['', undefined]);
});

/** Each uplink with its groups and guests, one way. */
const branches = (...names: string[]) =>
  selectBranches(uplinks, names).map(({ name, trees }) => {
    const groups = trees.in.groups.map(({ group, guests: own }) => [group.name, own.map((one) => one.name)]);
    return [name, groups, trees.in.guests.map((one) => one.name)];
  });

test('of a tree the branches that are asked for, a group with all of its members', () => {
  const all = ['cliff', 'rob'];
  assert.equal(branches(), [['eth0', [['friends', all]], ['jason']]]);
  assert.equal(branches('friends'), [['eth0', [['friends', all]], []]]);
  assert.equal(branches('rob'), [['eth0', [['friends', ['rob']]], []]]);
  assert.equal(branches('jason'), [['eth0', [], ['jason']]]);
  assert.equal(branches('jason', 'cliff'), [['eth0', [['friends', ['cliff']]], ['jason']]]);
  assert.equal(branches('j*', 'fr?ends'), [['eth0', [['friends', all]], ['jason']]]);
  assert.equal(branches('?ob'), [['eth0', [['friends', ['rob']]], []]]);
  assert.equal(branches('nobody'), []);
});

test('a terminal has its width and colours; elsewhere COLUMNS says how wide', () => {
  const screen = (stdout: object, env = {}) => screenOf({ stdout, env } as NodeJS.Process);
  const terminal = { isTTY: true, columns: 70, hasColors: () => true };
  assert.equal(screen(terminal, { COLUMNS: '50' }), { width: 70, colours: true });
  assert.equal(screen({ ...terminal, hasColors: () => false }), { width: 70, colours: false });
  assert.equal(screen({ ...terminal, columns: 0 }), { colours: true });
  const none = { isTTY: false, columns: 70, hasColors: () => true };
  assert.equal(screen(none), { colours: false });
  assert.equal(screen(none, { COLUMNS: '50' }), { width: 50, colours: false });
  assert.equal(screen(none, { COLUMNS: 'wide' }), { colours: false });
  assert.equal(
    ['1', '0', '-5'].map((COLUMNS) => screen(none, { COLUMNS }).width),
    [1, undefined, undefined],
  );
  assert.equal(screen({}), { colours: false });
});

test.run();
