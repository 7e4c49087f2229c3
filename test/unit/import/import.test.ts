// The importer over inputs nobody thought of: it never throws, never runs anything, and what it prints always
// passes the project's own check. The single features are in test/golden/import.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'toml';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkConfig } from '../../../src/config/check/config.ts';
import type { Config } from '../../../src/config/config.ts';
import { decodeConfig } from '../../../src/config/decode/config.ts';
import { escapeName } from '../../../src/config/pattern.ts';
import { importBandwidthConf } from '../../../src/import/bandwidth-conf.ts';
import { toToml } from '../../../src/import/to-toml.ts';
import { Findings } from '../../../src/toml/findings.ts';
import { mergeFiles } from '../../../src/toml/merge.ts';
import { SourceFile } from '../../../src/toml/source-file.ts';
import { parseToml } from '../../../src/toml/tree.ts';
import { formatRate } from '../../../src/units/rate.ts';

const test = suite('import');

/** The configuration that the TOML stands for; throws with every problem the check has with it. */
function readBack(toml: string): Config {
  const findings = new Findings();
  const tree = parseToml(new SourceFile('config.toml', toml), findings);
  const config = decodeConfig(mergeFiles(tree === undefined ? [] : [tree]), findings);
  checkConfig(config, findings);
  findings.throwErrors();
  return config;
}

/** Text that looks enough like the old file to reach every corner of the importer. */
const almostBandwidthConf = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'ceil',
        'cliff',
        'rob',
        'web_1',
        'eth0',
        'eth1',
        'br_0',
        '_',
        '=',
        '+=',
        '[0]=',
        '"',
        "'",
        '\\',
      ),
      fc.constantFrom(
        '10',
        '11',
        '1',
        '2',
        '333',
        '0x20',
        '2f',
        '0',
        '99999',
        '15mbit',
        '30mbit',
        '2gbit',
        '1bps',
        'x',
      ),
      fc.constantFrom(
        ' ',
        ' ',
        '\n',
        '\n',
        '\t',
        ';',
        '\r\n',
        '#',
        '$',
        '$(',
        '${',
        '`',
        '(',
        ')',
        '{',
        '}',
        '&',
        '<<',
      ),
      fc.constantFrom(
        'if ',
        'fi',
        'case ',
        'esac',
        'for ',
        'done',
        'function ',
        'export ',
        'declare ',
        '-x ',
      ),
      fc
        .tuple(
          fc.constantFrom('cliff', 'rob', 'web_1', '__proto__', 'jason', 'ceil'),
          fc.constantFrom('eth0', 'eth1', 'br_0'),
          fc.array(
            fc.constantFrom('10', '11', '1', '333', '2f', '0x10', '20', '8bit', '5mbit', '30mbit', '2gbit'),
            {
              maxLength: 4,
            },
          ),
        )
        .map(([guest, device, values]) => `\n${guest}_${device}="${values.join(' ')}"\n`),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('whatever the text: it never throws, and its TOML passes the check', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), almostBandwidthConf);
  fc.assert(
    fc.property(text, fc.string({ unit: 'binary' }), (input, file) => {
      const { toml, problems } = importBandwidthConf(input, file);
      parse(toml);
      readBack(toml);
      for (const { at, text } of problems) {
        assert.ok(at !== undefined && text !== undefined && at.column <= [...text].length + 1);
      }
    }),
    { numRuns: 1000 },
  );
});

test('whatever a good file says, the configuration says, without a word of complaint', () => {
  const guest = fc.record({
    group: fc.integer({ min: 1, max: 9 }),
    member: fc.integer({ min: 0, max: 0xf }),
    rate: fc.integer({ min: 8, max: 1e6 }),
    more: fc.integer({ min: 0, max: 1e6 }),
    quote: fc.constantFrom('"', "'"),
    prefix: fc.constantFrom('', ' ', 'export ', 'declare -x '),
    suffix: fc.constantFrom('', ';', ' # comment', '\r', '\n\n'),
  });
  const file = fc.uniqueArray(guest, { selector: ({ group, member }) => `${group}${member}`, maxLength: 20 });
  fc.assert(
    fc.property(file, (guests) => {
      const digits = guests.filter(({ member }) => member < 10);
      const lines = digits.map(({ group, member, rate, more, quote, prefix, suffix }) => {
        const values = `${group}${member} ${rate}bit ${rate + more}`;
        return `${prefix}g${group}${member}_eth0=${quote}${values}${quote}${suffix}`;
      });
      const { toml, problems } = importBandwidthConf(['ceil_eth0=1gbit', ...lines, ''].join('\n'), 'f');
      const { guests: read, groups } = readBack(toml);

      assert.equal(
        problems.filter(({ message }) => !message.includes('add up')),
        [],
      );
      assert.is(read.length, digits.length);
      for (const { group, member, rate, more } of digits) {
        const entry = read.find(({ name }) => name === `g${group}${member}`);
        assert.is(entry?.id?.value, group * 16 + member);
        assert.is(entry?.rate?.out.value, rate);
        assert.is(entry?.ceil?.in.value, rate + more);
        assert.is(entry?.group?.value, `${group}`);
        const members = digits.filter((other) => other.group === group);
        const ceil = groups.find(({ name }) => name === `${group}`)?.ceil?.out.value;
        assert.is(ceil, Math.max(...members.map((other) => other.rate + other.more)));
      }
    }),
  );
});

test('nothing in the file is run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-import-'));
  const ran = join(folder, 'ran');
  const command = `touch ${ran}`;
  const hostile = [
    `cliff_eth0="$(${command})"`,
    `cliff_eth0=\`${command}\``,
    `cliff_eth0=\${x:-$(${command})}`,
    `cliff_eth0=$((x[$(${command})]))`,
    `cliff_eth0='10 1mbit 2mbit'; ${command}`,
    `x[$(${command})]=1`,
    `eval "${command}"`,
    `cat <<END\n$(${command})\nEND`,
    `trap '${command}' EXIT`,
    `f() { ${command}; }; f`,
    `cliff_eth0="10 1mbit 2mbit" > ${ran}`,
    `touch_eth0="10 $(${command} 2mbit"`,
  ];
  for (const text of [...hostile, hostile.join('\n')]) importBandwidthConf(text, 'bandwidth.conf');
  assert.not(existsSync(ran));
  rmSync(folder, { recursive: true });
});

test('the importer has no means to run or read anything', () => {
  const folder = new URL('../../../src/import/', import.meta.url);
  for (const name of readdirSync(folder)) {
    const code = readFileSync(new URL(name, folder), 'utf8');
    assert.not.match(code, /from 'node:|import\(|require\(|eval\(|Function\(|process\./, name);
  }
});

test('a guess for virt-shaper’s defaults is what the configuration has', () => {
  const { defaults } = readBack('');
  const { problems } = importBandwidthConf('ceil_eth0=10gbit\ncliff_eth0=10', 'f');
  const said = problems.map(({ message }) => message).join('\n');
  assert.ok(said.includes(`it gets ${formatRate(defaults.rate.out.value)}, virt-shaper's default`));
  assert.ok(said.includes(`it gets ${formatRate(defaults.ceil.out.value)}, virt-shaper's default`));
});

test('any name survives the way through TOML', () => {
  const character = fc.oneof(
    fc.constantFrom(...'"\\*?.#[]=\n\t\u0000\u007f '),
    fc.string({ unit: 'grapheme' }),
  );
  const name = fc.array(character, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 5 }), fc.string({ unit: 'binary' }), (names, from) => {
      const guests = names.map((name) => ({ name, from, on: new Map() }));
      const toml = toToml({ source: from, uplinks: [], groups: [], guests });
      assert.equal(Object.keys(parse(toml).guest ?? {}).sort(), names.map(escapeName).sort());
    }),
  );
});

test.run();
