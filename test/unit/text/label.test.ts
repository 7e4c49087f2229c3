// How a name is shown: readable where it is harmless, otherwise quoted so that nothing in it acts on anything.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { label, nftComment, unlabel } from '../../../src/text/label.ts';

test('a plain name is shown as it is', () => {
  for (const name of ['cliff', 'web-1', 'a.b_c@d+e:f/g', 'Jörg', '名前', '0123', '-x', '__proto__']) {
    assert.is(label(name), name);
  }
});

test('any other is in double quotes', () => {
  for (const [name, shown] of [
    ['a b', '"a b"'],
    ['', '""'],
    ['a#b', '"a#b"'],
    ['a"b', '"a\\"b"'],
    ["a'b", '"a\'b"'],
    ['a\\', '"a\\\\"'],
    ['$(id) `id`', '"$(id) `id`"'],
  ] as const) {
    assert.is(label(name), shown);
  }
});

test('what ends a line, drives a terminal or turns the direction of writing is escaped', () => {
  for (const [name, shown] of [
    ['a\nb\r', '"a\\nb\\r"'],
    ['\u001b[31m', '"\\u001b[31m"'],
    ['\u007f\u009b', '"\\u{7f}\\u{9b}"'],
    ['a\u2028\u2029b', '"a\\u{2028}\\u{2029}b"'],
    ['\u202eabc', '"\\u{202e}abc"'],
    ['a\u200bb\ufeff', '"a\\u{200b}b\\u{feff}"'],
    ['\ud800', '"\\ud800"'],
    ['\u{e0001}', '"\\u{e0001}"'],
  ] as const) {
    assert.is(label(name), shown);
  }
});

test('different names are shown differently', () => {
  const names = ['a\\nb', 'a\nb', 'a\u2028b', 'a\\u{2028}b', '"a"', 'a', 'a ', '\\', '\\\\'];
  assert.is(new Set(names.map(label)).size, names.length);
});

test('a comment of nft holds no double quote', () => {
  assert.is(nftComment(label('a "b"')), "'a \\'b\\''");
});

test('a comment of nft leaves room for " receives" within its 128 bytes, and is cut between characters', () => {
  for (const character of ['x', 'ö', '名', '😀']) {
    const bytes = Buffer.byteLength(character);
    const cut = nftComment(character.repeat(200));
    assert.is(cut.replaceAll(character, ''), '', 'whole characters only');
    assert.ok(Buffer.byteLength(`${cut} receives`) <= 128, `${Buffer.byteLength(cut)} bytes of ${character}`);
    assert.ok(Buffer.byteLength(cut) > 110 - bytes, `${Buffer.byteLength(cut)} bytes of ${character}`);
  }
  assert.is(nftComment('x'.repeat(100)), 'x'.repeat(100));
});

test('what a name was before it was shown is known again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      assert.is(unlabel(label(name)), name);
    }),
  );
  for (const name of ['cliff', '"', '\\u{41}', '\\\\u{0}', 'a\u2028b', '\ud800', 'x\u{1f600}\u{e0001}']) {
    assert.is(unlabel(label(name)), name);
  }
  assert.equal(['"', '"a', '"\\u{110000}"', '"a" b'].map(unlabel), Array(4).fill(undefined));
});

test.run();
