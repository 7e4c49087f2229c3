// Single words of the shell: what is left of them without their quotes, and what is never closed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readWord } from '../../../src/import/shell-words.ts';

/** The values of the first word, and where each character of it stands. */
function read(text: string) {
  const { value, offsets, text: whole, unclosed } = readWord(text, 0);
  assert.is(offsets.length, value.length);
  for (const [at, offset] of offsets.entries()) assert.is(text[offset], value[at]);
  return { value, whole, ...(unclosed === undefined ? {} : { unclosed }) };
}

test('quotes with nothing or one character between them, alone and beside others', () => {
  for (const [text, value] of [
    ["''", ''],
    ['""', ''],
    ["'a'", 'a'],
    ['"a"', 'a'],
    ["x=''", 'x='],
    ["x='''a'", 'x=a'],
    ["''''", ''],
    ["'a''b'", 'ab'],
    ["''\"\"''a", 'a'],
    ['"\'\'"', "''"],
    ["'\"'", '"'],
  ] as const)
    assert.equal(read(`${text} 'more'`), { value, whole: text }, text);
});

test('what the shell would put in ends where the shell ends it, whatever is quoted in it', () => {
  const expansion = (text: string) => readWord(text, 0).expansion?.text;
  for (const whole of [
    "$(echo ')')",
    `\${x:-'}'}`,
    '$(echo ")")',
    '$(echo \\))',
    '$((1 + (2)))',
    `\${x:-$(echo '}')}`,
  ])
    assert.equal([expansion(`${whole}more`), read(`${whole}more less`).value], [whole, 'more'], whole);
  // What is in $( ) has quotes of its own, also between double quotes.
  for (const whole of ["$(echo ')')", `\${x:-$(echo ')')}`])
    assert.equal([expansion(`"${whole}" less`), read(`"${whole}"more less`).value], [whole, 'more'], whole);
});

test('one that is never closed is told by its place', () => {
  assert.is(read("ab'").unclosed, 2);
  assert.is(read("a''b'c").unclosed, 4);
  assert.is(read('a"b').unclosed, 1);
  assert.is(read('""b"').unclosed, 3);
  assert.is(read("ab$(echo ')").unclosed, 2);
  assert.is(read("ab$(echo '").unclosed, 2);
});

test.run();
