// What is no line of ours in rules.d is told with the file, the line and its text.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { ConfigError } from '../../../src/system/errors.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const { rules } = generateFor(
  makeWorld('[guest.cliff]\nrate = "1mbit"\nid = 0x10\n', { cliff: 'vnet0@br0' }),
);
type File = keyof typeof rules;

/** `file:line text: message` of each problem. */
function said(file: File, change: (text: string) => string): string[] {
  try {
    parseRules({ ...rules, [file]: change(rules[file]) }, 'rules.d');
    return [];
  } catch (error) {
    assert.instance(error, ConfigError);
    return (error as ConfigError).problems.map(
      ({ at, text, message }) => `${at?.file}:${at?.line} ${text}: ${message}`,
    );
  }
}

test('what is rendered is taken as it is', () => {
  for (const file of Object.keys(rules) as File[])
    assert.equal(
      said(file, (text) => text),
      [],
    );
});

test('a line that is not understood', () => {
  const count = (file: File) => rules[file].split('\n').length;
  for (const [file, line, message] of [
    ['devices.ip', 'link set dev eth0 down', 'virt-shaper does not know how to load this line'],
    ['settings.sysctl', 'kernel.panic = 1', 'virt-shaper does not know this setting'],
  ] as const) {
    assert.equal(
      said(file, (text) => `${line}\n${text}`),
      [`rules.d/${file}:1 ${line}: ${message}`],
    );
    assert.equal(
      said(file, (text) => `${text}${line}\n`),
      [`rules.d/${file}:${count(file)} ${line}: ${message}`],
    );
    assert.equal(
      said(file, (text) => `${text}\n# a comment\n\n`),
      [],
    );
  }
  const [first = '', ...more] = said('shape.tc', (text) => `qdisc add dev eth0 root netem\n${text}`);
  assert.match(first, /^rules\.d\/shape\.tc:1 qdisc add dev eth0 root netem: /);
  assert.equal(more, []);
});

test('a line that stands there twice', () => {
  const lines = rules['shape.tc'].split('\n');
  const at = lines.findIndex((line) => line.startsWith('class add'));
  const again = said('shape.tc', (text) => `${text}${lines[at]}\n`);
  assert.equal(
    again.map((one) => one.split(': ').at(-1)),
    [`this is in line ${at + 1} already`],
  );
});

test.run();
