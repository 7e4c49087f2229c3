// Templates of the administrator take the place of the package's, one by one; wrong ones are named.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { render } from '../../../src/render/render.ts';
import { readTemplates } from '../../../src/render/templates.ts';
import { ConfigError } from '../../../src/system/errors.ts';
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

test('a template of the same name takes the place of the package’s, partials too', () => {
  const own = render(plan, readTemplates('/nonexistent'), 'config.toml');
  const changed = renderWith({ 'leaf.tc.hbs': 'bfifo limit 5000', 'devices.ip.hbs': '# mine\n' });
  assert.is(changed['devices.ip'], '# mine\n');
  assert.match(changed['shape.tc'], 'bfifo limit 5000');
  assert.not.match(own['shape.tc'], 'bfifo limit 5000');
  assert.is(changed['ruleset.nft'], own['ruleset.nft']);
});

test('a field that is not there, a helper nobody knows and broken syntax name the file', () => {
  const mistakes = { '{{kindd}}': 'kindd', '{{shell "id"}}': 'shell', '{{#if kind}}': 'Parse error' };
  for (const [text, word] of Object.entries(mistakes)) {
    assert.throws(
      () => renderWith({ 'leaf.tc.hbs': text }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.message.includes(`${folder}/leaf.tc.hbs`) &&
        error.message.includes(word),
      text,
    );
  }
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
