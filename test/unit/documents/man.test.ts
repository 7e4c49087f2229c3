// The manual pages and --help say what the program has: every command, option and key of the configuration, and no
// other; their examples are commands that exist and configurations that pass the check.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shapeOf } from '../../../build/completions/shape.ts';
import { makeProgram } from '../../../src/cli/program.ts';
import type { Config } from '../../../src/config/config.ts';
import { diffservs, isolations, leafKinds } from '../../../src/config/leaf.ts';
import { readConfig } from '../../../src/config/read-config.ts';
import { parseDomain } from '../../../src/guests/domain-xml.ts';
import { monthsKept } from '../../../src/ledger/keep.ts';
import { makeContext } from '../../../src/operations/context.ts';
import { usualInterval } from '../../../src/operations/look.ts';
import { leafDefaults } from '../../../src/plan/leaf.ts';
import { ConfigError, type Problem } from '../../../src/system/errors.ts';
import { formatRate } from '../../../src/units/rate.ts';
import { callsIn, checkCall } from '../../support/calls.ts';
import { asRead, headingsOf, itemsOf, literalsOf, sectionOf } from '../../support/mdoc.ts';
import { needsPackage } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program8 = readPage('virt-shaper.8');
const toml5 = readPage('virt-shaper.toml.5');
const shape = shapeOf();

test('virt-shaper(8) has every command and option, and no other', () => {
  const common = itemsOf(sectionPage('OPTIONS')).map(({ head }) => optionOf(head));
  assert.equal(common.sort(), shape.options.map(described).sort());

  const documented = new Map<string, { usage: string[]; options: string[] }>();
  for (const { head } of itemsOf(sectionPage('COMMANDS'))) {
    const [, command] = head.match(/^Ic (\S+)/) ?? [];
    const usage = [...head.matchAll(/Fl (\S+)/g)].map(([, flag]) => `-${flag}`);
    if (command !== undefined) documented.set(command, { usage, options: [] });
    else [...documented.values()].at(-1)?.options.push(optionOf(head));
  }
  assert.equal([...documented.keys()].sort(), shape.commands.map(({ name }) => name).sort());
  for (const { name, options } of shape.commands) {
    const own = options.filter((option) => !common.includes(described(option)));
    assert.equal(documented.get(name)?.options.sort(), own.map(described).sort(), name);
    assert.equal(documented.get(name)?.usage.sort(), own.flatMap(({ flags }) => flags).sort(), name);
  }
});

test('virt-shaper.toml(5) has every table and key, and no other', () => {
  const tables = headingsOf(sectionOf(toml5, 'TABLES')).map((heading) => heading.slice(1, -1));
  assert.ok(tables.length > 5);
  const items = itemsOf(toml5);
  assert.equal([...new Set(tables.map((table) => table.split('.')[0] ?? ''))].sort(), knownIn('').sort());
  for (const table of tables) {
    const keys = items
      .filter(({ under }) => under === `[${table}]`)
      .flatMap(({ head }) => head.replace(/^Ic /, '').split(' , '));
    const subtables = new Set(
      tables.flatMap((path) =>
        path.startsWith(`${table}.`) ? (path.slice(table.length + 1).split('.')[0] ?? '') : [],
      ),
    );
    assert.equal([...keys, ...subtables].sort(), knownIn(table).sort(), `[${table}]`);
  }
});

test('what counts unless given is what --help says, for every option that has such a value', () => {
  const items = itemsWithText(program8);
  let compared = 0;
  for (const { name, options } of [{ name: '', options: shape.options }, ...shape.commands]) {
    for (const option of options) {
      const [, value] = option.description.match(/\(([^() ]+)\)$/) ?? [];
      if (value === undefined) continue;
      const own = items.filter(
        ({ head, command }) => command === name && optionOf(head) === described(option),
      );
      for (const { text } of own) {
        assert.ok(text.includes(value) || /As for/.test(text), `${name} ${option.flags}: ${value}`);
        compared++;
      }
    }
  }
  assert.ok(compared > 5);
});

test('what --help says of seconds is what the program takes', () => {
  const { lockTimeout, timeout } = makeContext({});
  const usual: [command: string, flag: string, value: number | string][] = [
    ['', '--lock-timeout', lockTimeout],
    ['', '--timeout', timeout],
    ['status', '--interval', usualInterval],
    ['tree', '--interval', usualInterval],
    ['top', '--interval', usualInterval],
  ];
  for (const [command, flag, value] of usual) {
    const { options } = shape.commands.find(({ name }) => name === command) ?? shape;
    const said = options.find(({ flags }) => flags.includes(flag))?.description ?? '';
    assert.ok(said.endsWith(`(${value})`), `${command} ${flag}: ${value}`);
  }
});

test('what a value may be is what the check says of one that it may not', () => {
  const page = toml5.replace(/\s+/g, ' ');
  const bounds: [toml: string, bounds: RegExp][] = [
    ['[guest.x]\nlocal = "1kbit"\n', /from (\d+)(kbit) to (\d+)(gbit)/],
    ['[guest.x]\npps = 0\n', /from (\d+) to (\d+)/],
    ['[uplink.x]\noverhead = 9999\n', /(\d+) to (\d+)/],
    ['[uplink.x]\nmpu = 9999\n', /(\d+) to (\d+)/],
    ['[guest.x]\nquantum = 1\n', /take (\d+) to (\d+)/],
    ['[guest.x]\nid = 0x10000\n', /(\d+) to \d+ \((0xffff)\)/],
    ['[guest.x]\nrate = "1bit"\n', /than (\d+) (bit)/],
  ];
  for (const [toml, pattern] of bounds) {
    const [{ message, hint = '' } = { message: '' }] = problemsOf(toml);
    const [whole, ...parts] = `${message}; ${hint}`.match(pattern) ?? [];
    assert.ok(whole, `${toml}${message}`);
    const words = parts.filter((part) => /\d/.test(part) || /bit$/.test(part));
    assert.match(page, new RegExp(words.join('\\W+(?:to )?')), `${toml}${whole}`);
  }
});

test('how long usage is kept is the same wherever it is said', () => {
  assert.is(monthsKept, 14);
  assert.match(program8, /fourteen months are\s+kept/);
  assert.match(readFileSync(join(root, 'docs/usage.md'), 'utf8'), /Fourteen months are kept/);
});

test('what counts unless given is what an empty configuration is read as', () => {
  const { defaults, markBase, reflect, hook } = configOf('');
  const said = itemsWithText(toml5);
  const expected: [table: string, key: string, value: string][] = [
    ['[defaults]', 'rate', `"${formatRate(defaults.rate.out.value)}"`],
    ['[defaults]', 'ceil', `"${formatRate(defaults.ceil.in.value)}"`],
    ['[defaults]', 'unlisted', `"${defaults.unlisted}" , the default`],
    ['[defaults]', 'oversubscribed', `"${defaults.oversubscribed}" , the default`],
    ['[defaults]', 'metadata', `${defaults.metadata} , the default`],
    ['[marks]', 'base', `0x${markBase.toString(16)} unless given`],
    ['[marks]', 'reflect', `${reflect} unless given`],
    ['[hook]', 'on_failure', `"${hook.onFailure}" , the default`],
  ];
  for (const [table, key, value] of expected) {
    const text = said.find(({ head, under }) => under === table && head === `Ic ${key}`)?.text;
    assert.ok(text?.includes(value), `${table} ${key}: ${value}\n${text}`);
  }
});

test('each leaf has its parameters, and what counts unless given', () => {
  const leaves = itemsWithText(sectionOf(toml5, 'LEAVES'));
  for (const kind of leafKinds) {
    const text = leaves.find(({ head }) => asRead(head) === `Li "${kind}"`)?.text ?? '';
    const parameters = [...text.matchAll(/Cm (\w+)/g)].map(([, name = '']) => name);
    const [problem] = problemsOf(`[defaults]\nleaf = { kind = "${kind}", nothing = 1 }\n`);
    const known = problem?.hint?.replace('known here: ', '').split(', ') ?? [];
    assert.equal(parameters.sort(), known.filter((name) => name !== 'kind').sort(), kind);
  }
  const of = (kind: string) => leaves.find(({ head }) => head.includes(kind))?.text ?? '';
  assert.match(of('fq_codel'), `Cm limit in packets (${leafDefaults.packets})`);
  assert.match(of('fq_codel'), `Cm flows (${leafDefaults.flows})`);
  assert.match(of('fq_codel'), `Cm interval (${leafDefaults.interval / 1000} ms)`);
  assert.match(of('fq_codel'), `Cm memory_limit (${leafDefaults.memory / 2 ** 20}mb)`);
  assert.match(of('sfq'), `Cm limit in packets (${leafDefaults.depth})`);
  for (const word of [...isolations, ...diffservs]) assert.match(of('cake'), word);
});

test('version and date are those of the package', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [, released] =
    readFileSync(join(root, 'CHANGELOG.md'), 'utf8').match(/^## .*\((\d{4}-\d\d-\d\d)\)$/m) ?? [];
  const dates = [program8, toml5].map((page) => {
    assert.is(page.match(/^\.Os (.*)$/m)?.[1], `virt-shaper ${version}`);
    return page.match(/^\.Dd (.*)$/m)?.[1] ?? '';
  });
  assert.is(dates[0], dates[1]);
  const date = new Date(`${dates[0]} UTC`);
  assert.is(dates[0], date.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' }));
  if (released !== undefined) assert.is(date.toISOString().slice(0, 10), released);
});

test('--help of each command has an example, of commands and options that exist', () => {
  for (const { name, options } of shape.commands) {
    if (name === 'help') continue;
    const text = helpOf(name);
    const [, example] = text.split(/\nExample.*\n/);
    assert.ok(example, `${name} --help has no example`);
    assert.ok(callsIn(example).length > 0, name);
    for (const call of callsIn(example)) checkCall(call);
    for (const { flags } of options) assert.ok(text.includes(flags.join(', ')), `${name} ${flags}`);
  }
});

test('every command of the examples can be typed so', () => {
  let calls = 0;
  for (const { text } of [...literalsOf(program8), ...literalsOf(toml5)].filter(
    ({ kind }) => kind === 'sh',
  )) {
    for (const call of callsIn(text)) checkCall(call);
    calls += callsIn(text).length;
  }
  assert.ok(calls > 15);
});

test('every configuration of the examples passes the check', () => {
  const configs = [...literalsOf(program8), ...literalsOf(toml5)].filter(({ kind }) => kind === 'toml');
  assert.ok(configs.length > 5);
  for (const { text } of configs) assert.equal(problemsOf(text), [], text);
});

test('the XML of the examples is a policy', () => {
  const blocks = literalsOf(toml5).filter(({ kind }) => kind === 'xml');
  assert.is(blocks.length, 1);
  for (const { text } of blocks) {
    const { metadata } = parseDomain(`<domain><name>cliff</name>${text}</domain>`, 'cliff', 'qemu');
    assert.ok(metadata);
    assert.not.ok(metadata.problems);
    assert.equal(Object.keys(metadata).sort(), ['ceil', 'group', 'rate']);
  }
});

test('what is quoted of messages is what the program says', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) =>
      readFileSync(join(root, 'src', name), 'utf8').replace(/\$\{[^}]*\}|' \+\n\s*[`']|` \+\n\s*[`']/g, ''),
    )
    .join('\n');
  const messages = itemsOf(sectionPage('DIAGNOSTICS')).map(({ head }) => asRead(head.replace(/^Dq /, '')));
  assert.ok(messages.length > 3);
  for (const message of messages) {
    const text = message.replace(/NAME|RATE/g, '');
    assert.ok(sources.includes(text), `nothing says: ${text}`);
  }
});

for (const page of ['virt-shaper.8', 'virt-shaper.toml.5']) {
  const file = join(root, 'man', page);
  unless(needsPackage('mandoc'))(`mandoc has nothing to say of ${page}`, () => {
    const { stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', file], {
      encoding: 'utf8',
    });
    assert.is(stdout + stderr, '');
  });
  unless(needsPackage('groff'))(`groff has nothing to say of ${page}`, () => {
    const { stderr, status } = spawnSync('groff', ['-mdoc', '-Tascii', '-ww', file], { encoding: 'utf8' });
    assert.is(stderr, '');
    assert.is(status, 0);
  });
}

function readPage(name: string): string {
  return readFileSync(join(root, 'man', name), 'utf8');
}

function sectionPage(name: string): string {
  return sectionOf(program8, name);
}

/** `Fl q , Fl -quiet` and `Fl -confirm Ar seconds`, as `described` has them. */
function optionOf(head: string): string {
  const flags = [...head.matchAll(/Fl (\S+)/g)].map(([, flag]) => `-${flag}`);
  const [, optional, value] = head.match(/(Op )?Ar (\S+)/) ?? [];
  return [flags.join(', '), ...(value ? [optional ? `[${value}]` : `<${value}>`] : [])].join(' ');
}

function described({ flags, value, mayTake }: (typeof shape.options)[number]): string {
  const takes = value ? [`<${value.name}>`] : mayTake ? [`[${mayTake}]`] : [];
  return [flags.join(', '), ...takes].join(' ');
}

/** What a table may hold, as the check says it when there is something else. */
function knownIn(table: string): string[] {
  const unknown = 'nothing-is-called-so';
  const header = table === '' ? '' : `[${table.replace('NAME', 'x').replace('UPLINK', 'y')}]\n`;
  const problems = problemsOf(`${header}${unknown} = 1\n`);
  const hint = problems.find(({ message }) => message.includes(unknown))?.hint ?? '';
  assert.match(hint, /^known here: /, table);
  return hint.replace('known here: ', '').split(', ');
}

interface TextItem {
  head: string;
  under: string;
  /** What the item stands below, of the pages' list of commands; empty above it. */
  command: string;
  /** Behind the head, macros other than Cm gone, in one line. */
  text: string;
}

/** Each item with what it says, up to the next. */
function itemsWithText(page: string): TextItem[] {
  const texts = page.split(/^\.It (?:Xo\n(?:.*\n)*?\.Xc$|.*$)/m).slice(1);
  let command = '';
  return itemsOf(page).map(({ head, under }, at) => {
    command = head.match(/^Ic (\S+)/)?.[1] ?? command;
    const lines = (texts[at] ?? '').split('\n').filter((line) => !/^\.(El|Bl|Ss|Sh|\\")/.test(line));
    const text = lines.map((line) => line.replace(/^\.(Cm )?(?:(?!Cm)[A-Z][a-z] )?/, '$1')).join(' ');
    return { head, under, command, text: asRead(text.replace(/\s+/g, ' ')) };
  });
}

function configOf(toml: string): Config {
  return withConfig(toml, (file) => readConfig({ file }).config);
}

function problemsOf(toml: string): Problem[] {
  return withConfig(toml, (file) => {
    try {
      return readConfig({ file }).warnings;
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  });
}

function withConfig<T>(toml: string, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-man-'));
  try {
    writeFileSync(join(folder, 'config.toml'), toml, { mode: 0o644 });
    return use(join(folder, 'config.toml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function helpOf(name: string): string {
  const command = makeProgram().commands.find((one) => one.name() === name);
  let text = '';
  command?.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

test.run();
