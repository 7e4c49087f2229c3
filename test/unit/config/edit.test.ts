// set and unset: what they make of the configuration, and what they refuse, since it would not be what was meant.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Edit, editConfig } from '../../../src/config/edit.ts';
import { keysOf, literalOf } from '../../../src/config/edit-keys.ts';
import { escapeName } from '../../../src/config/pattern.ts';
import { parseConfig } from '../../../src/config/read-config.ts';
import { ConfigError } from '../../../src/system/errors.ts';
import { Findings } from '../../../src/toml/findings.ts';
import { SourceFile } from '../../../src/toml/source-file.ts';
import { configName } from '../../fuzz/names.ts';

const own = '/c/config.d/50-set.toml';
const main = `[guest.cliff]
rate = "15mbit"
ceil = "30mbit"
[guest."web-*"]
rate = "2mbit"
ceil = "5mbit"
[group.friends]
ceil = "50mbit"
`;

function edited(edit: Edit, former = '', files: Record<string, string> = {}) {
  const texts = { '/c/config.toml': main, ...(former ? { [own]: former } : {}), ...files };
  const sources = Object.entries(texts).map(([name, text]) => new SourceFile(name, text));
  return editConfig(sources, new Findings(), own, edit);
}

const set = (name: string, key: string, value: string, former = '', files: Record<string, string> = {}) =>
  edited(
    { table: ['guest', name], set: [{ key: keysOf(key), literal: literalOf(keysOf(key), value) }] },
    former,
    files,
  );

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.instance(error, ConfigError);
    return (error as ConfigError).problems
      .map(({ at, message }) => `${at ? `${at.file}:${at.line}: ` : ''}${message}`)
      .join('\n');
  }
  return 'nothing was refused';
}

const lines = (text: string) => text.split('\n').slice(2);

test('a value is written below its entry, and the same again changes nothing', () => {
  const { text } = set('cliff', 'ceil', '20mbit');
  assert.equal(lines(text), ['[guest.cliff]', 'ceil = "20mbit"', '']);
  assert.match(text, /^# Written by virt-shaper set/);
  assert.is(set('cliff', 'ceil', '20mbit', text).text, text);
  const both = set('cliff', 'ceil.out', '25mbit', text).text;
  assert.equal(lines(both), ['[guest.cliff]', 'ceil.in = "20mbit"', 'ceil.out = "25mbit"', '']);
});

test('the whole configuration is read as it would be', () => {
  const above = `${own}:4: guest.cliff.rate: 60mbit is more than its ceil, 30mbit (/c/config.toml:3:8)`;
  assert.is(
    refusal(() => set('cliff', 'rate', '60mbit')),
    above,
  );
  assert.match(
    refusal(() => set('cliff', 'speed', '1mbit')),
    'unknown key (did you mean "ceil"?)',
  );
  assert.match(
    refusal(() => set('cliff', 'group', 'frends')),
    'did you mean',
  );
  assert.match(
    refusal(() => set('cliff', 'ceil', '5mbit', '', { '/c/config.d/10-x.toml': 'x = [' })),
    '10-x.toml:1',
  );
});

test('what a later file says otherwise is refused', () => {
  const later = { '/c/config.d/90-x.toml': '[guest.cliff]\nceil.out = "29mbit"\n' };
  assert.match(
    refusal(() => set('cliff', 'ceil', '25mbit', '', later)),
    '/c/config.d/90-x.toml:2:6 is read later',
  );
  assert.equal(lines(set('cliff', 'ceil.in', '25mbit', '', later).text)[1], 'ceil.in = "25mbit"');
});

test('a guest that a pattern fits keeps what that says, or has all of it set', () => {
  assert.match(
    refusal(() => set('web-1', 'ceil', '9mbit')),
    `guest.web-1 has no entry yet and gets what [guest."web-*"] says (/c/config.toml:4:8); with one of its own it would lose that one's rate`,
  );
  const all = ['ceil', 'rate'].map((key) => ({ key: [key], literal: '"9mbit"' }));
  const { text, warnings } = edited({ table: ['guest', 'web-1'], set: all });
  assert.equal([lines(text)[0], warnings], ['[guest.web-1]', []]);
  assert.equal(lines(set('web-1', 'ceil', '10mbit', text).text)[1], 'ceil = "10mbit"');
  assert.is(lines(set('web-*', 'ceil', '8mbit').text)[0], '[guest."web-*"]');
});

test('a new entry whose name is nearly that of another is said', () => {
  assert.match(set('clif', 'ceil', '1mbit').warnings[0]?.message ?? '', 'did you mean guest.cliff?');
  assert.equal(set('database', 'ceil', '1mbit').warnings, []);
});

test('unset: who says it then, and the file is empty where nothing is left in it', () => {
  const { text: former } = set('cliff', 'ceil', '20mbit');
  const unset = (...keys: string[][]) => edited({ table: ['guest', 'cliff'], unset: keys }, former);
  assert.equal(unset(['ceil']), {
    text: '',
    warnings: [],
    now: ['guest.cliff.ceil is what /c/config.toml:3:1 says'],
  });
  assert.is(unset([]).text, '');
  assert.equal(unset(['pps']).now, ['guest.cliff.pps is written nowhere']);
  assert.is(unset(['pps']).text, former);
  assert.equal(
    edited({ table: ['guest', 'cliff'], unset: [['ceil', 'out']] }, set('cliff', 'ceil.out', '20mbit').text)
      .now,
    ['guest.cliff.ceil.out is what /c/config.toml:3:1 says for both directions'],
  );
});

test('forms that it does not write are changed where that is sure, and refused otherwise', () => {
  assert.is(
    set('rob', 'ceil', '6mbit', 'guest.rob.ceil = "5mbit" # x\n').text,
    'guest.rob.ceil = "6mbit" # x\n',
  );
  for (const [former, key] of [
    ['guest.rob = { ceil = "5mbit" }\n', 'ceil'],
    ['[guest.rob]\nceil = { out = "5mbit", in = "6mbit" }\n', 'ceil'],
    ['[guest]\nrob.ceil = """\n5mbit"""\n', 'ceil'],
  ] as const)
    assert.match(
      refusal(() => set('rob', key, '7mbit', former)),
      /form|50-set/,
      former,
    );
});

test('values are texts, numbers or truths as TOML has them', () => {
  for (const [key, value, literal] of [
    ['ceil', '5mbit', '"5mbit"'],
    ['ceil', '5000000', '5000000'],
    ['pps', '5000', '5000'],
    ['pps', 'off', '"off"'],
    ['id', '0x2F', '0x2f'],
    ['group', '10', '"10"'],
    ['group', 'true', '"true"'],
    ['leaf.ecn', 'true', 'true'],
    ['ceil', '007', '"007"'],
    ['group', 'a "b"\n\u007f', '"a \\"b\\"\\n\\u007f"'],
  ] as const)
    assert.is(literalOf(keysOf(key), value), literal, value);
  assert.match(
    refusal(() => keysOf('a b')),
    '"a b" is no key',
  );
});

test('whatever is set and taken away again, of guests of any name, is what the configuration then says', () => {
  const names = fc.uniqueArray(configName, { minLength: 1, maxLength: 3 });
  const ceil = fc.constantFrom('ceil', 'ceil.out', 'ceil.in');
  const step = fc.record({ who: fc.nat(2), key: ceil, value: fc.option(fc.integer({ min: 200, max: 999 })) });
  fc.assert(
    fc.property(names, fc.array(step, { maxLength: 12 }), (guests, steps) => {
      let text = '';
      const model = new Map<string, { out?: number; in?: number }>();
      for (const { who, key, value } of steps) {
        const name = guests[who % guests.length] ?? '';
        const table: Edit['table'] = ['guest', escapeName(name)];
        const ways = key === 'ceil' ? (['out', 'in'] as const) : ([key.slice(5)] as ('out' | 'in')[]);
        const had = model.get(name) ?? {};
        for (const way of ways) {
          if (value === null) delete had[way];
          else had[way] = value;
        }
        // "ceil" of both is one value, of which no half can be taken away.
        const isWhole = value === null && key !== 'ceil' && /\nceil = /.test(text);
        if (isWhole) return;
        const edit: Edit =
          value === null
            ? { table, unset: [keysOf(key)] }
            : { table, set: [{ key: keysOf(key), literal: `"${value}mbit"` }] };
        text = edited(edit, text, { '/c/config.toml': '' }).text;
        if (had.out === undefined && had.in === undefined) model.delete(name);
        else model.set(name, had);
      }
      const { config } = parseConfig([new SourceFile('/c/config.toml', text)]);
      for (const [name, wanted] of model) {
        const entry = config.guests.find((one) => one.name === name && !one.pattern);
        for (const way of ['out', 'in'] as const) {
          const set = wanted[way];
          if (set !== undefined) assert.is(entry?.ceil?.[way].value, set * 1_000_000, text);
        }
      }
      assert.is(config.guests.length, model.size, text);
    }),
  );
});

test.run();
