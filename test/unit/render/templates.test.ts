// Templates of the administrator take the place of the package's, one by one; wrong ones are named.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tryTemplates } from '../../../src/operations/try-templates.ts';
import { render } from '../../../src/render/render.ts';
import { hasOverrides, readTemplates } from '../../../src/render/templates.ts';
import { ConfigError, type Problem } from '../../../src/system/errors.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-templates-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

const { plan } = generateFor(
  makeWorld('[guest.cliff]\nrate = "1mbit"', { cliff: 'vnet0@br0' }, { eth0: 'br0 1000' }),
);

function renderWith(templates: Record<string, string>) {
  for (const [name, text] of Object.entries(templates))
    writeFileSync(join(folder, name), text, { mode: 0o644 });
  return render(plan, readTemplates(folder), 'config.toml');
}

function problemsWith(templates: Record<string, string>): Problem[] {
  try {
    renderWith(templates);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('a template of the same name takes the place of the package’s, partials too', () => {
  const own = render(plan, readTemplates('/nonexistent'), 'config.toml');
  const changed = renderWith({ 'leaf.tc.hbs': 'bfifo limit 5000', 'devices.ip.hbs': '# mine\n' });
  assert.is(changed['devices.ip'], '# mine\n');
  assert.match(changed['shape.tc'], 'bfifo limit 5000');
  assert.not.match(own['shape.tc'], 'bfifo limit 5000');
  assert.is(changed['ruleset.nft'], own['ruleset.nft']);
});

test('an administrator has templates where a file of that kind is in the folder', () => {
  assert.not(hasOverrides(join(folder, 'none')));
  assert.not(hasOverrides(folder));
  writeFileSync(join(folder, 'leaf.tc.hbs.old'), '');
  assert.not(hasOverrides(folder));
  writeFileSync(join(folder, 'leaf.tc.hbs'), '');
  assert.ok(hasOverrides(folder));
});

test('what is wrong with one is said with its place, and what to do', () => {
  const mistakes: [text: string, place: string, message: RegExp, hint: RegExp][] = [
    ['bfifo\n {{kindd}}', '2:4', /no value kindd/, /did you mean kind\?/],
    ['{{foobar}}', '1:3', /no value foobar/, /the values are .*\bkind\b.*\blimit\b/],
    [
      'bfifo {{leaf.of.limit}}',
      '1:9',
      /no value leaf\.of\.limit here: what is before \.of is not there/,
      /kind/,
    ],
    ['{{shell "id"}}', '1:1', /no helper shell/, /the helpers are rate, label, comment, verb, if/],
    ['{{rat limit}}', '1:1', /no helper rat\b/, /did you mean rate\?/],
    ['{{kind}}\n{{> lef.tc}}', '2:1', /no template lef\.tc\.hbs/, /did you mean leaf\.tc\?/],
    ['a\n{{#if kind}}\nb', '2:1', /\{\{#if\}\} is never closed by \{\{\/if\}\}/, /counts without/],
    ['{{#if kind}}\n{{#each kind}}', '2:1', /\{\{#each\}\} is never closed by \{\{\/each\}\}/, /mv/],
    [
      '{{#if kind}}\n\n{{/each}}',
      '3:1',
      /\{\{\/each\}\} stands where \{\{#if\}\} of line 1 is to be closed/,
      /mv/,
    ],
    ['{{kind}}{{/if}}', '1:9', /\{\{\/if\}\} closes nothing/, /mv/],
    ['{{else}}', '1:1', /stands in no block/, /mv/],
    ['limit {{kind}', '1:7', /not closed by \}\}$/, /mv/],
    ['limit {{{kind}}', '1:7', /not closed by \}\}\}$/, /mv/],
    ['{{}}', '1:1', /is empty/, /mv/],
    ['{{ }}', '1:1', /is empty/, /mv/],
    ['{{#if}}{{/if}}', '1:1', /lacks a name/, /mv/],
    ['{{#if }}{{/if}}', '1:1', /lacks a name/, /mv/],
    ['{{#each }}\n{{/each}}', '1:1', /\{\{#each\}\} lacks a name/, /mv/],
    ['{{kind}}\n\n{{kind * x}}', '3:1', /cannot be read/, /tags are \{\{name\}\}/],
    ['{{* kind}}', '1:1', /cannot be read/, /tags are \{\{name\}\}/],
  ];
  const file = join(folder, 'leaf.tc.hbs');
  for (const [text, place, message, hint] of mistakes) {
    const problems = problemsWith({ 'leaf.tc.hbs': text });
    const [problem] = problems;
    assert.is(problems.length, 1, text);
    assert.is(`${problem?.at?.file}:${problem?.at?.line}:${problem?.at?.column}`, `${file}:${place}`, text);
    assert.match(problem?.message ?? '', message, text);
    assert.match(problem?.hint ?? '', hint, text);
    assert.match(problem?.hint ?? '', `counts without this file: mv ${file} ${file}.off`, text);
    assert.is(problem?.text, text.split('\n')[Number(place.split(':')[0]) - 1], text);
    assert.not.match(
      `${problem?.message}${problem?.hint}`,
      /object Object|Parse error|Expecting|undefined/,
      text,
    );
  }
});

test('the values that there are come in the order of their names, each once', () => {
  const [problem] = problemsWith({ 'leaf.tc.hbs': '{{foobar}}' });
  const [, values = ''] = problem?.hint?.match(/^the values are (.*)/) ?? [];
  const names = values.split(', ');
  assert.ok(names.length > 5);
  assert.equal(names, [...new Set(names)].sort());
});

test("one of the package's that gets less than it prints blames its caller", () => {
  const [problem] = problemsWith({ 'tree.tc.hbs': '{{> leaf.tc nobody}}' });
  assert.match(problem?.at?.file ?? '', /\/templates\/leaf\.tc\.hbs$/);
  assert.match(problem?.hint ?? '', /one of your templates calls it .*grep '\{\{> leaf\.tc'/);
});

test('they are tried before a guest needs them: what is printed must be what load takes', () => {
  const kernel = { leaf: 'bfifo', redirect: 'bpf' } as const;
  const attempt = (text: string) => {
    writeFileSync(join(folder, 'leaf.tc.hbs'), text, { mode: 0o644 });
    tryTemplates(readTemplates(folder), kernel);
  };
  attempt('bfifo limit 5000');
  assert.throws(() => attempt('pfifo limit 5'), /does not know how to load this line/);
  assert.throws(() => attempt('{{kindd}}'), /no value kindd/);
});

test('nothing of the program can be reached from a template', () => {
  for (const text of ['{{constructor}}', '{{__proto__}}', '{{lookup this "constructor"}}']) {
    try {
      assert.not.match(renderWith({ 'leaf.tc.hbs': text })['shape.tc'], 'function');
    } catch (error) {
      assert.instance(error, ConfigError);
    }
  }
});

test('a template that others than root can write is refused', () => {
  writeFileSync(join(folder, 'leaf.tc.hbs'), 'bfifo');
  chmodSync(join(folder, 'leaf.tc.hbs'), 0o666);
  assert.throws(() => readTemplates(folder), /leaf\.tc\.hbs: refused, because others than root can write it/);
});

test.run();
