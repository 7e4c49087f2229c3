// Single lines of a TOML text that are set and removed, in each way that somebody may have written them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseKeys, removeKey, setKey } from '../../../src/toml/edit.ts';

test('a value is found however its line is written, and only it is replaced', () => {
  const set = (line: string) => setKey(`[t]\n${line}\n`, ['t'], ['k'], '9').split('\n')[1];
  for (const [line, changed] of [
    ['k = 1', 'k = 9'],
    ['k=1', 'k=9'],
    ['  k  =  1  # why', '  k  =  9  # why'],
    ['k = "a # b" # c', 'k = 9 # c'],
    ["k = 'a'", 'k = 9'],
    ['k = "a\\"b"', 'k = 9'],
    ['"k" = 1', '"k" = 9'],
    ["'k' = 1", "'k' = 9"],
  ] as const)
    assert.is(set(line), changed, line);
});

test('headers are found however they are written', () => {
  for (const header of ['[a.b]', '[ a . b ]', '  [a.b] # why', '["a".b]', '[\'a\'."b"]'])
    assert.is(setKey(`${header}\nk = 1\n`, ['a', 'b'], ['k'], '9'), `${header}\nk = 9\n`, header);
  assert.is(setKey('a.b.k = 1\n', ['a', 'b'], ['k'], '9'), 'a.b.k = 9\n', 'without any header');
  assert.is(setKey('[a]\nb.k = 1\n', ['a', 'b'], ['k'], '9'), '[a]\nb.k = 9\n');
  assert.is(
    setKey('[[a]]\nk = 1\n', ['a'], ['k'], '9'),
    '[[a]]\nk = 1\n\n[a]\nk = 9\n',
    'an item of a list is not it',
  );
});

test('a new line comes behind the last one of its table, before blanks and comments of the next', () => {
  const set = (text: string) => setKey(text, ['t'], ['k'], '9');
  assert.is(set('[t]\na = 1\n\n# next\n[u]\n'), '[t]\na = 1\nk = 9\n\n# next\n[u]\n');
  assert.is(set('[t]\n'), '[t]\nk = 9\n');
  assert.is(set('[u]\na = 1\n[t]\n[v]\n'), '[u]\na = 1\n[t]\nk = 9\n[v]\n');
  assert.is(set('[u]\na = 1\n\n\n'), '[u]\na = 1\n\n[t]\nk = 9\n');
  assert.is(set('[t]\na = 1'), '[t]\na = 1\nk = 9\n', 'the last line ends');
  assert.is(setKey('', ['a b'], ['c d', 'e'], '9'), '["a b"]\n"c d".e = 9\n');
});

test('one way of a value for both: the other way keeps it', () => {
  const text = '[t]\nceil = "1mbit" # sold\n';
  assert.is(setKey(text, ['t'], ['ceil', 'in'], '9'), '[t]\nceil.out = "1mbit" # sold\nceil.in = 9\n');
  assert.is(setKey(text, ['t'], ['ceil', 'out'], '9'), '[t]\nceil.in = "1mbit" # sold\nceil.out = 9\n');
  assert.is(setKey('[t]\nceil= 1\n', ['t'], ['ceil', 'in'], '9'), '[t]\nceil.out= 1\nceil.in = 9\n');
  assert.is(
    setKey('[t]\non = 1\n', ['t'], ['on', 'eth0'], '9'),
    '[t]\non = 1\non.eth0 = 9\n',
    'only ways are split',
  );
});

test('what is below a key goes when it is set or removed, others of a longer name stay', () => {
  const text = '[t]\nceil.out = 1\nceil.in = 2\nceiling = 3\n[t.ceil2]\nx = 4\n';
  assert.is(setKey(text, ['t'], ['ceil'], '9'), '[t]\nceiling = 3\nceil = 9\n[t.ceil2]\nx = 4\n');
  assert.is(removeKey(text, ['t'], ['ceil']), '[t]\nceiling = 3\n[t.ceil2]\nx = 4\n');
  assert.is(removeKey(text, ['t'], ['ceil', 'out']), text.replace('ceil.out = 1\n', ''));
  assert.is(removeKey(text, ['t'], ['nothing']), text);
});

test('a table goes with its last key, and with all tables below it where the whole is meant', () => {
  const text = '# of all\n[a]\nk = 1\n\n# of b\n[b]\nk = 2\n';
  assert.is(removeKey(text, ['b'], ['k']), '# of all\n[a]\nk = 1\n\n# of b\n');
  assert.is(removeKey(text, ['a'], []), '# of all\n# of b\n[b]\nk = 2\n');
  assert.is(removeKey('[a]\nk = 1\n[a.on]\nk = 2\n[ab]\nk = 3\n', ['a'], []), '[ab]\nk = 3\n');
  assert.is(removeKey('[a]\nk = 1\nl = 2\n', ['a'], ['k']), '[a]\nl = 2\n', 'one is left');
  assert.is(
    removeKey('[a]\nk = 1\n# note\n', ['a'], ['k']),
    '[a]\n# note\n',
    'so is what somebody has written',
  );
  assert.is(removeKey('[a]\nk = 1\n[b]\n[a.c]\nk = 1\n', ['a'], ['k']), '[b]\n[a.c]\nk = 1\n');
  assert.is(removeKey('', ['a'], ['k']), '');
});

test('dotted keys, and what is none', () => {
  assert.equal(parseKeys('a . b'), ['a', 'b']);
  assert.equal(parseKeys('"a\\"b".\'c"d\'.e-f_1'), ['a"b', 'c"d', 'e-f_1']);
  assert.equal(parseKeys('"\\U000E0020 \\u00e9\\\\U000e0020"'), ['\u{e0020} \u00e9\\U000e0020']);
  assert.equal(['"\\U00110000"', '"\\U0000e02"', '"\\x41"'].map(parseKeys), Array(3).fill(undefined));
  assert.equal(['a..b', '.a', 'a b', "'a", '"a', 'a="b"', 'é'].map(parseKeys), Array(7).fill(undefined));
});

test.run();
