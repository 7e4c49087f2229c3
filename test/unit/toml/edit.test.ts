// A TOML text of which single keys are changed: every other line stays byte for byte.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseKeys, removeKey, setKey } from '../../../src/toml/edit.ts';

const cliff = ['guest', 'cliff'];

const text = `# By hand.
[guest.cliff]   # the loud one
ceil = "30mbit" # as sold
# rate = "1mbit"

# Of web.
[guest."web-*"]
ceil.out = "5mbit"
ceil.in = "6mbit"
`;

const after = (change: [from: string, to: string]) => {
  const changed = text.replace(...change);
  assert.is.not(changed, text);
  return changed;
};

test('a key that is there has another value, and keeps its comment', () => {
  assert.is(setKey(text, cliff, ['ceil'], '5'), after(['"30mbit"', '5']));
  assert.is(setKey(text, cliff, ['ceil'], '"30mbit"'), text, 'the same, nothing changes');
});

test('a new key comes below its header, behind the others', () => {
  assert.is(setKey(text, cliff, ['rate'], '"1mbit"'), after(['# as sold\n', '# as sold\nrate = "1mbit"\n']));
  const empty = '[guest.cliff]\n\n[guest.rob]\n';
  assert.is(setKey(empty, cliff, ['pps'], '5'), '[guest.cliff]\npps = 5\n\n[guest.rob]\n');
});

test('a new table comes at the end', () => {
  assert.is(setKey('', cliff, ['ceil'], '1'), '[guest.cliff]\nceil = 1\n');
  assert.is(
    setKey(text, ['guest', 'a b"c'], ['ceil', 'out'], '1'),
    `${text}\n[guest."a b\\"c"]\nceil.out = 1\n`,
  );
});

test('one direction of two: the other keeps what both had; both take the place of each', () => {
  assert.is(
    setKey(text, cliff, ['ceil', 'out'], '"5mbit"'),
    after(['ceil = "30mbit" # as sold\n', 'ceil.in = "30mbit" # as sold\nceil.out = "5mbit"\n']),
  );
  assert.is(
    setKey(text, ['guest', 'web-*'], ['ceil'], '1'),
    after(['ceil.out = "5mbit"\nceil.in = "6mbit"\n', 'ceil = 1\n']),
  );
  assert.is(setKey(text, ['guest', 'web-*'], ['ceil', 'in'], '1'), after(['"6mbit"', '1']));
});

test('a key is taken away, and a header that has nothing left; comments of the next stay', () => {
  assert.is(removeKey(text, cliff, ['rate']), text, 'it is in a comment');
  assert.is(removeKey(text, cliff, ['ceil']), after(['ceil = "30mbit" # as sold\n', '']));
  assert.is(
    removeKey(text, ['guest', 'web-*'], ['ceil']),
    after(['\n# Of web.\n[guest."web-*"]\nceil.out = "5mbit"\nceil.in = "6mbit"\n', '\n# Of web.\n']),
  );
  assert.is(removeKey(text, ['guest', 'web-*'], ['ceil', 'in']), after(['ceil.in = "6mbit"\n', '']));
  assert.is(
    removeKey(text, cliff, []),
    after([
      '[guest.cliff]   # the loud one\nceil = "30mbit" # as sold\n# rate = "1mbit"\n\n',
      '# rate = "1mbit"\n\n',
    ]),
  );
  const tables = '[guest.cliff]\nceil = 1\n\n[guest.cliff.on.eth0]\nceil = 2\n\n[guest.cliffs]\nceil = 3\n';
  assert.is(removeKey(tables, cliff, []), '[guest.cliffs]\nceil = 3\n');
  assert.is(removeKey('[guest.cliff]\nceil = 1\n', cliff, ['ceil']), '');
});

test('keys as they are typed', () => {
  assert.equal(parseKeys('ceil.out'), ['ceil', 'out']);
  assert.equal(parseKeys(`on."bond0.120".'a b'`), ['on', 'bond0.120', 'a b']);
  for (const wrong of ['', '.', 'a.', 'a b', 'a\nb = 1\nc', 'a = 1', '[a]', '"\\x41"']) {
    assert.is(parseKeys(wrong), undefined, wrong);
  }
});

test('a header goes with the last of its keys, also with blanks below it; not with a comment', () => {
  const table = ['guest', 'a'];
  const rest = '[guest.b]\nceil = "2mbit"\n';
  assert.is(removeKey(`[guest.a]\nceil = "1mbit"\n  \n\t\n${rest}`, table, ['ceil']), rest);
  const noted = `[guest.a]\n# sold\n${rest}`;
  assert.is(removeKey(`[guest.a]\nceil = "1mbit"\n# sold\n${rest}`, table, ['ceil']), noted);
});

test.run();
