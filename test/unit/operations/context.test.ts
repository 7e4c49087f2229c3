// What every command is given: seconds that are seconds, paths that are named, and who is told what.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CommonOptions, makeContext, seconds } from '../../../src/operations/context.ts';
import { ConfigError } from '../../../src/system/errors.ts';

function refusal(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    assert.instance(error, ConfigError);
    return (error as ConfigError).problems[0]?.message ?? '';
  }
}

test('seconds are 0 to a day', () => {
  for (const [text, value] of [
    ['0', 0],
    ['0.5', 0.5],
    ['86400', 86400],
    [' 7 ', 7],
  ] as const)
    assert.is(seconds('--timeout', text), value);
  for (const text of ['', ' ', '-1', '86401', 'x', '1s', 'Infinity', 'NaN'])
    assert.is(
      refusal(() => seconds('--timeout', text)),
      `--timeout takes seconds, 0 to 86400, not "${text}"`,
    );
});

test('an option without a value is refused, not taken for the usual place', () => {
  for (const name of ['config', 'rules', 'root'] as const)
    assert.is(
      refusal(() => makeContext({ [name]: '' })),
      `--${name} is empty`,
    );
});

test('patience is a minute for another virt-shaper and half of it for a tool, unless it is said', () => {
  const { lockTimeout, timeout } = makeContext({});
  assert.equal([lockTimeout, timeout], [60, 30]);
  const own = makeContext({ lockTimeout: '2', timeout: '3' });
  assert.equal([own.lockTimeout, own.timeout], [2, 3]);
  assert.match(
    refusal(() => makeContext({ lockTimeout: 'x' })),
    '--lock-timeout takes',
  );
  assert.match(
    refusal(() => makeContext({ timeout: 'x' })),
    '--timeout takes',
  );
});

test('a root moves what is ours, a configuration of its own brings its templates', () => {
  const moved = makeContext({ root: '/x', rules: '/y/rules' }).paths;
  assert.equal(
    [moved.config, moved.rules, moved.templates, moved.guests.startsWith('/x/run/'), moved.owner],
    [{ file: '/x/etc/virt-shaper/config.toml' }, '/y/rules', '/x/etc/virt-shaper/templates', true, '/x'],
  );
  const other = makeContext({ config: '/z/config.toml' }).paths;
  assert.equal(
    [other.config, other.templates, other.owner],
    [{ file: '/z/config.toml' }, '/z/templates', 'host'],
  );
});

/** What reaches stdout and stderr. */
function spoken(options: CommonOptions): [string, string] {
  const heard: [string, string] = ['', ''];
  const { stdout, stderr } = process;
  const [out, err] = [stdout.write, stderr.write];
  const into = (index: 0 | 1) =>
    ((text: string) => {
      heard[index] += text;
      return true;
    }) as typeof stdout.write;
  [stdout.write, stderr.write] = [into(0), into(1)];
  try {
    const context = makeContext(options);
    context.print('data ');
    context.say('result');
    context.detail('detail');
    context.warn('warned');
  } finally {
    [stdout.write, stderr.write] = [out, err];
  }
  return heard;
}

test('data alone goes to stdout; --quiet leaves warnings, --verbose adds details', () => {
  const [out, err] = spoken({});
  assert.is(out, 'data ');
  assert.match(err, /result\n.*warned\n/s);
  assert.not.match(err, 'detail');
  const quiet = spoken({ quiet: true });
  assert.is(quiet[0], 'data ');
  assert.match(quiet[1], 'warned');
  assert.not.match(quiet[1], 'result');
  assert.match(spoken({ verbose: true })[1], /result\n.*detail\n.*warned\n/s);
  assert.is(makeContext({ verbose: true }).verbose, true);
  assert.is(makeContext({}).verbose, false);
});

test.run();
