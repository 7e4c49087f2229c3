// The problems of all files as one list: in which order they are read, and which of them are said at all.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError, type Source } from '../../../src/system/errors.ts';
import { Findings } from '../../../src/toml/findings.ts';
import { SourceFile } from '../../../src/toml/source-file.ts';

const main = 'etc/config.toml';
const place = (file: string, line: number, column = 1): Source => ({ file, line, column });
const messages = (findings: Findings) => findings.inOrder().map(({ message }) => message);

test('what has no place comes first, then files as they apply, lines and columns as numbers', () => {
  const findings = new Findings();
  const places: [name: string, at: Source | undefined][] = [
    ['drop-in b', place('etc/config.d/b.toml', 1)],
    ['column 10', place(main, 2, 10)],
    ['line 10', place(main, 10)],
    ['no place', undefined],
    ['drop-in a, line 2', place('etc/config.d/a.toml', 2)],
    ['column 9', place(main, 2, 9)],
    ['no place either', undefined],
    ['line 9', place(main, 9)],
    ['drop-in a, line 1', place('etc/config.d/a.toml', 1)],
  ];
  for (const [name, at] of places) findings.error(at, name);
  const order = [
    'no place',
    'no place either',
    'column 9',
    'column 10',
    'line 9',
    'line 10',
    'drop-in a, line 1',
    'drop-in a, line 2',
    'drop-in b',
  ];
  assert.equal(messages(findings), order);
  try {
    findings.throwErrors();
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ConfigError);
    assert.equal((error as ConfigError).problems, findings.inOrder());
  }
});

test('warnings alone end nothing, and stand among the errors where there is one', () => {
  const findings = new Findings();
  findings.warning(place(main, 1), 'odd', 'a hint');
  findings.throwErrors();
  assert.equal(findings.inOrder(), [
    { severity: 'warning', message: 'odd', at: place(main, 1), hint: 'a hint' },
  ]);
  findings.error(place(main, 2), 'wrong');
  assert.throws(
    () => findings.throwErrors(),
    (error: ConfigError) => error.problems.length === 2,
  );
});

test('the same is said once, with its line; elsewhere it is another', () => {
  const findings = new Findings();
  findings.addFile(new SourceFile(main, '[guest.a]\nrate = 0\n'));
  for (const line of [2, 2, 1]) findings.error(place(main, line), 'wrong');
  assert.equal(
    findings.inOrder().map(({ text }) => text),
    ['[guest.a]', 'rate = 0'],
  );
});

test('what no file has is said only where all of them could be read', () => {
  const whole = new Findings();
  whole.absence(place(main, 1), 'there is no such group');
  assert.equal(messages(whole), ['there is no such group']);
  const part = new Findings();
  part.unreadable(undefined, 'config.d/a.toml: no permission to read it');
  part.absence(place(main, 1), 'there is no such group');
  assert.equal(messages(part), ['config.d/a.toml: no permission to read it']);
});

test.run();
