// What is said of a mistake in TOML, by what stands around it and what the parser would have taken.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { explainStop } from '../../../src/toml/mistakes.ts';

/** @param where the text of the line, with ^ where the parser stopped */
function said(where: string, expects: string[] = [], blanks = 0): string {
  const [before = '', after = ''] = where.split('^');
  const { message, hint, back } = explainStop({
    before,
    after,
    blanks,
    expects: (one) => expects.includes(one),
  });
  return [message, ...(hint === undefined ? [] : [hint]), ...(back === undefined ? [] : [back])].join(' | ');
}
const value = ['true', '"', "'"];
const header = ['"', "'"];

test('characters that only look right', () => {
  assert.is(said('a = ^\u200b1'), 'the invisible character U+200B is not allowed here | delete it');
  assert.is(said('a = ^\u00a01'), 'the invisible character U+00A0 is not allowed here | delete it');
  assert.is(said('a = ^\u0001'), 'the invisible character U+0001 is not allowed here | delete it');
  assert.is(said('a ^\tb'), '\t is not expected here', 'a tab is visible enough');
  for (const quote of '“”„‟‘’‚«»`´')
    assert.is(
      said(`a = ^${quote}x`, value),
      `${quote} is not a quote in TOML | write straight quotes: "text"`,
    );
});

test('comments and line ends of elsewhere', () => {
  for (const comment of [';', '//', '--']) {
    assert.is(said(`^${comment} x`), 'a comment begins with #');
    assert.is(said(`  ^${comment} x`), 'a comment begins with #');
    assert.is.not(said(`a ^${comment} x`), 'a comment begins with #');
  }
  assert.is(
    said('a = 1\r^b'),
    'the line ends with a carriage return alone | save the file with Unix line ends',
  );
});

test('values: missing, in the wrong case, without quotes', () => {
  for (const rest of ['', '# x']) assert.is(said(`a = ^${rest}`, value), 'the value is missing');
  assert.is(said('a = ^True', value), 'True is written true in TOML');
  assert.is(said('a = ^FALSE', value), 'FALSE is written false in TOML');
  assert.is(said('a = ^= 1', value), 'one = is enough');
  assert.is(said('a = ^yes', value), 'yes needs quotes | write "yes"');
  assert.is(said('a = ^yes"', value), 'the quote before yes is missing | write "yes"');
  assert.is(said('a = [^yes]', value), 'yes needs quotes | write "yes"');
  for (const first of ['/dev', '~x', '_x', '.5', '-x', '$x', 'é'])
    assert.is(said(`a = ^${first}`, value), `${first} needs quotes | write "${first}"`);
  assert.is(said('a = ^)x', value), ') is not expected here');
});

test('texts that are never closed', () => {
  assert.is(said('a = """x^', ['"""']), 'the text in triple quotes is never closed');
  assert.is(said("a = '''x^", ["'''"]), 'the text in triple quotes is never closed');
  assert.is(said('a = "x^', ['\\']), 'the closing " is missing');
  assert.is(said("a = 'x^", ["'"]), "the closing ' is missing");
  assert.is(said('a = "x^y', ['\\']), 'y is not expected here', 'not before the end of the line');
  assert.is(said('^', header), 'the line ends too early', 'either quote could begin something');
});

test('headers', () => {
  assert.is(said('[guest.a^', [']']), 'the closing ] is missing');
  assert.is(said('[guest.a ^# x', [']']), 'the closing ] is missing');
  assert.is(said('[guest.^]', header), 'a name is missing before ]');
  assert.is(said('[guest.my^ web]', [']']), 'my web needs quotes | write "my web" | 2');
  assert.is(said('  [guest.^é]', header), 'é needs quotes | write "é" | 0');
  assert.is(
    said('[guest.a]^ x', ['\n']),
    'a blank cannot follow here | each name = value and each [table] has a line of its own',
  );
  assert.is(said('[a^ b', [',']), 'a comma or the closing ] is missing here | 0', 'it is a list');
});

test('numbers with something behind them', () => {
  assert.is(said('a = 15^mbit', ['\n']), '15mbit needs quotes | write "15mbit" | 2');
  assert.is(said('a = 15 ^mbit', ['\n']), '15mbit needs quotes | write "15mbit" | 3');
  assert.is(said('a = [15^mbit]', [',']), '15mbit needs quotes | write "15mbit" | 2');
  assert.is(said('a = { b = 50^% }', [',']), '50% needs quotes | write "50%" | 2');
  assert.is(said('a = 00^', ['\n']), '00 is not a number: TOML wants no zeros in front | 2');
  assert.is(
    said('a = 0^ # x', ['\n']),
    'a blank cannot follow here | each name = value and each [table] has a line of its own',
  );
  assert.is(said('a = +5^x', ['\n']), '+5x needs quotes | write "+5x" | 2');
  assert.is(
    said('a = 15 ^b = 2', ['\n']),
    'a new line must begin here | each name = value and each [table] has a line of its own',
  );
});

test('names', () => {
  assert.is(said('a^: 1', ['=']), 'write = between name and value, not :');
  assert.is(said('a^', ['=']), 'a has no value | write it as name = value');
  assert.is(said('  a ^# x', ['=']), 'a has no value | write it as name = value');
  for (const next of ['"x"', "'x'", '5', '[1]', '{ }'])
    assert.is(said(`a ^${next}`, ['=']), 'a = is missing here');
  assert.is(said('my^ web = 1', ['=']), 'my web needs quotes | write "my web" | 2');
  assert.is(said('^= 1', header), 'the name before = is missing');
  assert.is(said('^é = 1', header), 'é needs quotes | write "é" | 0');
  for (const odd of ']),:}') assert.is(said(`^${odd}`, header), `${odd} is not expected here`);
});

test('lists, and what is too much on a line', () => {
  assert.is(said('a = [1 ^"x"]', [',', ']'], 1), 'a comma or the closing ] is missing here | 1');
  assert.is(said('a = { b = "x" ^c = 2 }', [',', '}'], 1), 'a comma or the closing } is missing here | 1');
  const own = 'each name = value and each [table] has a line of its own';
  for (const next of ['b = 1', '"b" = 1', "'b' = 1", '[b]'])
    assert.is(said(`a = "x"^${next}`, ['\n']), `a new line must begin here | ${own}`);
  assert.is(said('a = "x"^)', ['\n']), `) cannot follow here | ${own}`);
  assert.is(said('  ^)', ['\n']), ') is not expected here');
  assert.is(said('a = "x"^)'), ') is not expected here');
  assert.is(said('a ^'), 'the line ends too early');
});

test.run();
