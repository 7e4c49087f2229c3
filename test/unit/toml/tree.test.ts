// TOML as a tree: every key and value has its place, and what is no TOML is explained where it stands.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Source } from '../../../src/system/errors.ts';
import { Findings } from '../../../src/toml/findings.ts';
import { flatten, isBelow, lookUp, placesBelow } from '../../../src/toml/look-up.ts';
import { mergeFiles } from '../../../src/toml/merge.ts';
import { byBytes, byPlace, formatPlace } from '../../../src/toml/place.ts';
import { SourceFile } from '../../../src/toml/source-file.ts';
import { parseToml, type TomlTable, type TomlValue } from '../../../src/toml/tree.ts';

/** Where, what, and what to do. */
function wrong(text: string): string[] {
  const findings = new Findings();
  assert.is(parseToml(new SourceFile('f', text), findings), undefined);
  return findings
    .inOrder()
    .flatMap(({ at, message, hint }) => [
      `${at?.line}:${at?.column}`,
      message,
      ...(hint === undefined ? [] : [hint]),
    ]);
}

test('what is written twice: where the first is, by the name that both define', () => {
  const one = 'keep one of the two';
  const put = 'put both parts of it in one place';
  assert.equal(wrong('a = 1\nb = 2\na = 3\n'), ['3:1', 'a is already written at f:1:1', one]);
  assert.equal(wrong('[x]\na = 1\n[y]\na = 1\n[x]\nb = 1\n'), ['5:1', 'x is already written at f:1:1', put]);
  assert.equal(wrong('[x]\na.b = 1\na.b = 2\n'), ['3:1', 'x.a.b is already written at f:2:1', one]);
  assert.equal(wrong('[x]\ny = { a = 1 }\n[x.y.z]\nb = 1\n'), [
    '3:1',
    'x.y is already written at f:2:1',
    put,
  ]);
  assert.equal(wrong('[x."a b".c]\n[x]\n"a b" = 1\n'), ['3:1', 'x."a b" is already written at f:1:1', one]);
  assert.equal(wrong('y = { a = 1, a = 2 }\n'), ['1:14', 'this name is written twice in the same braces']);
});

test('other refusals in plain words', () => {
  assert.equal(wrong('a = 99999999999999999999\n').slice(1), ['this number is too large']);
  assert.equal(wrong('a = "\\q"\n').slice(1), [
    'this backslash begins no escape sequence that TOML knows',
    'put the text in single quotes, or write \\\\ for one backslash',
  ]);
  assert.equal(wrong('# one\na = 1mbit\n'), ['2:5', '1mbit needs quotes', 'write "1mbit"']);
  assert.equal(wrong('a = [1\n2]\n'), ['1:7', 'a comma or the closing ] is missing here']);
});

const parsed = (text: string, name = 'f') =>
  parseToml(new SourceFile(name, text), new Findings()) as TomlTable;
const where = (at: Source | undefined) => (at ? `${at.line}:${at.column}` : undefined);

test('the place of each key and of each value', () => {
  const tree = parsed(`[guest."a b"]
rate = "1mbit"
on.eth0 . ceil = 5
list = [1, "x", true, 1.5]
when = 2026-01-01
[[guest.c.w]]
a = 1
[[guest.c.w]]
b = { x = 2 }
`);
  const places = (...path: string[]) => {
    const entry = lookUp(tree, path);
    return entry && [where(entry.key), where(entry.value.at), entry.value.type];
  };
  assert.equal(places('guest'), ['1:2', '1:2', 'table']);
  assert.equal(places('guest', 'a b'), ['1:8', '1:8', 'table']);
  assert.equal(places('guest', 'a b', 'rate'), ['2:1', '2:8', 'string']);
  assert.equal(places('guest', 'a b', 'on'), ['3:1', '3:1', 'table']);
  assert.equal(places('guest', 'a b', 'on', 'eth0'), ['3:4', '3:4', 'table']);
  assert.equal(places('guest', 'a b', 'on', 'eth0', 'ceil'), ['3:11', '3:18', 'number']);
  assert.equal(places('guest', 'a b', 'when'), ['5:1', '5:8', 'date']);
  assert.equal(places('guest', 'c', 'w'), ['6:11', '6:11', 'list']);
  assert.equal([places('guest', 'x'), places('guest', 'a b', 'rate', 'x')], [undefined, undefined]);
  const list = lookUp(tree, ['guest', 'a b', 'list'])?.value;
  assert.equal(list?.type === 'list' && list.items.map(({ type, at }) => `${type} ${where(at)}`), [
    ...['number 4:9', 'string 4:12', 'boolean 4:17', 'number 4:23'],
  ]);
  const items = lookUp(tree, ['guest', 'c', 'w'])?.value;
  assert.equal(
    items?.type === 'list' &&
      items.items.map((item) => item.type === 'table' && [...item.entries.keys()].join()),
    ['a', 'b'],
  );
});

test('what is written below one of several [[tables]] is of the last before it', () => {
  const tree = parsed('[[w]]\na = 1\n[w.x]\nb = 2\n[[w]]\nw.c = 3\n[w.x]\nb = 4\n[[w.y]]\n[[w.y]]\n');
  const list = lookUp(tree, ['w'])?.value;
  const plain = (one: TomlValue): unknown => {
    if (one.type === 'list') return one.items.map(plain);
    if (one.type === 'table')
      return Object.fromEntries(Array.from(one.entries, ([key, { value }]) => [key, plain(value)]));
    return 'value' in one && Number(one.value);
  };
  assert.equal(list && plain(list), [
    { a: 1, x: { b: 2 } },
    { w: { c: 3 }, x: { b: 4 }, y: [{}, {}] },
  ]);
});

test('all places below an entry, and all values by their paths', () => {
  const text = '[a]\nb = 1\n[a.c]\nd = "x"\ne = [1, "y"]\nf = true\ng = 2026-01-01\n';
  const tree = parsed(text);
  assert.equal(placesBelow(lookUp(tree, ['a'])).map(where), ['2:1', '4:1', '5:1', '6:1', '7:1']);
  assert.equal([placesBelow(undefined), placesBelow(lookUp(tree, ['a', 'b'])).map(where)], [[], ['2:1']]);
  assert.equal(Object.fromEntries(flatten(new SourceFile('f', text))), {
    '["a","b"]': 'number 1',
    '["a","c","d"]': 'string x',
    '["a","c","e"]': '["number 1","string y"]',
    '["a","c","f"]': 'boolean true',
    '["a","c","g"]': 'date',
  });
  assert.is(flatten(undefined).size, 0);
  assert.equal(
    [isBelow(['a', 'b'], ['a']), isBelow(['a'], ['a']), isBelow(['a'], ['a', 'b']), isBelow(['b'], ['a'])],
    [...[true, true, false, false]],
  );
});

test('a later file overrides single keys, and what it overrides is known', () => {
  const [first, second, third] = [
    parsed('[a]\nx = 1\ny = 2\n[b]\nz = 1\n', 'one'),
    parsed('[a]\ny = 3\nw = 4\n', 'two'),
    parsed('b = 5\n', 'three'),
  ];
  const merged = mergeFiles([first, second, third]);
  const value = (...path: string[]) => {
    const entry = lookUp(merged, path);
    const plain = (one: TomlValue | undefined) => one && ('value' in one ? Number(one.value) : one.type);
    return entry && [entry.key.file, plain(entry.value), plain(entry.replaces)];
  };
  assert.equal(value('a', 'x'), ['one', 1, undefined]);
  assert.equal(value('a', 'y'), ['two', 3, 2]);
  assert.equal(value('a', 'w'), ['two', 4, undefined]);
  assert.equal(value('b'), ['three', 5, 'table']);
  assert.is(lookUp(merged, ['a'])?.replaces, undefined);
  const inFirst = lookUp(first, ['a', 'y'])?.value;
  assert.is(inFirst?.type === 'number' && Number(inFirst.value), 2, 'the files stay as they are');
  assert.is(mergeFiles([]), undefined);
  assert.is(mergeFiles([first]), first);
});

test('offsets, lines and columns: characters count, not their parts', () => {
  const file = new SourceFile('f', 'ab\n😀c\r\n\nend');
  const places = [0, 1, 2, 3, 5, 6, 8, 9, 12].map((offset) => where(file.place(offset)));
  assert.equal(places, ['1:1', '1:2', '1:3', '2:1', '2:2', '2:3', '3:1', '4:1', '4:4']);
  assert.equal([file.offset(1, 1), file.offset(2, 1), file.offset(4, 3)], [0, 3, 11]);
  assert.equal(
    [1, 2, 3, 4, 5].map((line) => file.line(line)),
    ['ab', '😀c', '', 'end', ''],
  );
});

test('the order of places: files as they apply, then lines, then columns', () => {
  const at = (file: string, line = 1, column = 1): Source => ({ file, line, column });
  const order = [
    at('a/config.toml'),
    at('a/d/a.toml'),
    at('a/d/b.toml', 2),
    at('a/d/b.toml', 10, 2),
    at('a/d/b.toml', 10, 10),
  ];
  assert.equal([...order].reverse().sort(byPlace), order);
  assert.is(formatPlace(at('f', 2, 3)), 'f:2:3');
  assert.equal(
    [byBytes('a', 'b'), byBytes('b', 'a'), byBytes('a', 'a'), byBytes('\uff5e', '😀')],
    [-1, 1, 0, -1],
  );
});

test.run();
