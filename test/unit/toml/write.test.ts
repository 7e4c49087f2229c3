// What is written as TOML is read back as the same name or text, whatever it holds.
import fc from 'fast-check';
import { parse } from 'toml';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { basicString, formatPath, tomlComment, tomlKey } from '../../../src/toml/write.ts';

const wellFormed = fc.string({ unit: 'binary' }).filter((text) => !/\p{Cs}/u.test(text));

test('any text is read back as it was', () => {
  fc.assert(
    fc.property(wellFormed, (text) => assert.is(parse(`key = ${basicString(text)}\n`).key, text)),
    { examples: [['two\nlines\ttab'], ['a "b" \\ \u007f'], ['\u202e\u2028']] },
  );
});

test('nothing of a text reaches a terminal that would command it or hide', () => {
  assert.is(basicString('a\u001b[2J\u202e\n'), '"a\\u001b[2J\\u202e\\n"');
  assert.is(basicString('\u{e0001}'), '"\\U000e0001"');
});

test('half of a character, which TOML forbids, is replaced', () => {
  assert.is(basicString('a\ud800b'), '"a\uFFFDb"');
});

test('a key is quoted only where TOML needs it', () => {
  assert.is(tomlKey('eth0-1_a'), 'eth0-1_a');
  assert.is(tomlKey('bond0.120'), '"bond0.120"');
  assert.is(tomlKey(''), '""');
  assert.is(formatPath(['guest', 'web-*', 'rate']), 'guest."web-*".rate');
});

test('a comment stays on its line', () => {
  assert.is(tomlComment('two\r\nlines\u0007'), '# two lines \n');
});

test.run();
