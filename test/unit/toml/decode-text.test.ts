// The bytes of a file as text: what editors of other systems save is told by its encoding.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeText } from '../../../src/toml/decode-text.ts';
import { Findings } from '../../../src/toml/findings.ts';

function decoded(...bytes: (number | string)[]) {
  const findings = new Findings();
  const all = Buffer.concat(bytes.map((part) => Buffer.from(typeof part === 'string' ? part : [part])));
  const text = decodeText(all, 'config.toml', findings)?.text;
  const [problem] = findings.inOrder();
  return { text, problem };
}

test('UTF-8, with a byte order mark or without', () => {
  for (const text of ['', 'x', '# ÿþ\n', '# þÿ\n', '\u{1f600}'])
    for (const mark of [[], [0xef, 0xbb, 0xbf]])
      assert.equal(decoded(...mark, text), { text, problem: undefined }, text);
});

test('UTF-16 is named by its mark, of either order, and has no place', () => {
  for (const mark of [
    [0xff, 0xfe],
    [0xfe, 0xff],
  ]) {
    const { text, problem } = decoded(...mark, 'a\0');
    assert.is(text, undefined);
    assert.is(problem?.message, 'config.toml: is UTF-16, and must be UTF-8');
    assert.is(problem?.at, undefined);
    assert.match(problem?.hint ?? '', 'iconv -f UTF-16 -t UTF-8 config.toml');
  }
});

test('ÿ and þ of ISO 8859-1 are no mark by themselves: the place of the first is said', () => {
  for (const bytes of [[0xff], [0xfe], [0xff, 0xff], [0xfe, 0xfe], [0xff, 'x'], [0xfe, 'x'], ['x', 0xfe]]) {
    const { text, problem } = decoded('', ...bytes, '\n');
    assert.is(text, undefined);
    assert.match(problem?.message ?? '', /^not UTF-8/, bytes.join());
    assert.match(problem?.hint ?? '', 'iconv -f ISO-8859-1 -t UTF-8 config.toml');
    assert.equal(problem?.at, { file: 'config.toml', line: 1, column: bytes[0] === 'x' ? 2 : 1 });
  }
  const { problem } = decoded('# ü\n# m', 0xfc, 'ller ', 0xff, '\n');
  assert.equal(problem?.at, { file: 'config.toml', line: 2, column: 4 });
  assert.is(problem?.text, '# m\ufffdller \ufffd');
});

test.run();
