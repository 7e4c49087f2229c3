// Whether what is in force is what is asked for: by the texts alone, with nothing loaded, something edited, or a mistake.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readSources } from '../../../src/config/read-files.ts';
import { readFreshness } from '../../../src/observe/freshness.ts';
import { readOverrides } from '../../../src/render/templates.ts';
import { snapshotText } from '../../../src/store/configuration.ts';
import { keepGood, layGood, sourceFile } from '../../../src/store/in-force-rules.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { writeOff } from '../../../src/store/unloaded.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-freshness-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const paths = () => makePaths({ root });
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode: 0o600 });
};
const configure = (toml: string) => write('etc/virt-shaper/config.toml', toml);
const rules = { 'ruleset.nft': 'n', 'shape.tc': 't', 'devices.ip': 'i', 'settings.sysctl': '' };

/** As a load leaves it. */
function load(): void {
  const { config, templates } = paths();
  const source = snapshotText([...readSources(config), ...readOverrides(templates, config.file)]);
  for (const [name, text] of Object.entries(rules)) write(`var/lib/virt-shaper/rules.d/${name}`, text);
  keepGood(paths().rules, layGood(paths().rules, rules, new Map([[sourceFile, source]])));
}

async function asked() {
  const { loaded, configChanged, rulesChanged, mistakes, off } = await readFreshness(paths());
  return { loaded, configChanged, rulesChanged, mistakes: mistakes.length, off: off?.why };
}

const none = { loaded: false, configChanged: false, rulesChanged: false, mistakes: 0, off: undefined };

test('nothing at all', async () => {
  assert.equal(await asked(), none);
});

test('a configuration that was never loaded says its mistakes', async () => {
  configure('[guest.a]\n');
  assert.equal(await asked(), none);
  configure('[guest.a\n');
  assert.is((await asked()).mistakes, 1);
});

test('loaded, then edited, mistaken, and as it was', async () => {
  configure('[guest.a]\n');
  load();
  assert.equal(await asked(), { ...none, loaded: true });
  configure('[guest.b]\n');
  assert.equal(await asked(), { ...none, loaded: true, configChanged: true });
  configure('[guest.b\n');
  assert.equal(await asked(), { ...none, loaded: true, configChanged: true, mistakes: 1 });
  configure('[guest.a]\n');
  assert.equal(await asked(), { ...none, loaded: true });
});

test('a template of one’s own, or another file, is a change too', async () => {
  configure('[guest.a]\n');
  load();
  write('etc/virt-shaper/templates/class.tc.hbs', 'x');
  assert.is((await asked()).configChanged, true);
  load();
  assert.is((await asked()).configChanged, false);
  write('etc/virt-shaper/config.d/10.toml', '');
  assert.is((await asked()).configChanged, true);
});

test('rules that are rendered and not loaded, or gone', async () => {
  configure('[guest.a]\n');
  load();
  write('var/lib/virt-shaper/rules.d/shape.tc', 'other');
  assert.equal(await asked(), { ...none, loaded: true, rulesChanged: true });
  load();
  rmSync(join(root, 'var/lib/virt-shaper/rules.d/ruleset.nft'));
  assert.is((await asked()).rulesChanged, true);
  rmSync(join(root, 'var/lib/virt-shaper/rules.d/good/shape.tc'));
  assert.is((await asked()).loaded, true, 'what is left of it can be shown');
});

test('a file that the rules in force have and rules.d has not is missing; nothing else is', async () => {
  const missing = async () => (await readFreshness(paths())).rulesMissing;
  const remove = (name: string) => rmSync(join(root, 'var/lib/virt-shaper/rules.d', name));
  assert.is(await missing(), undefined);
  configure('[guest.a]\n');
  load();
  assert.is(await missing(), undefined);
  write('var/lib/virt-shaper/rules.d/shape.tc', 'other');
  assert.is(await missing(), undefined, 'edited');
  remove('devices.ip');
  assert.is(await missing(), true);
  remove('good/devices.ip');
  assert.is(await missing(), undefined, 'an older version had none');
});

test('switched off', async () => {
  writeOff(paths().unloaded, 'not confirmed');
  assert.is((await asked()).off, 'not confirmed');
});

test.run();
