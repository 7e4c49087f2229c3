// check: the last line counts what was understood, each kind by itself; what is wrong is told before it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkCommand } from '../../../../src/commands/policy/check.ts';
import { ConfigError } from '../../../../src/system/errors.ts';
import { writeWhole } from '../../../../src/system/files.ts';
import { makeFolder } from '../../../../src/system/folders.ts';
import { hear } from '../../../support/heard.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-check-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

function put(file: string, text: string): void {
  makeFolder(dirname(file));
  writeWhole(file, text, 0o644);
}

async function check(toml: string, options: { json?: boolean; quiet?: boolean } = {}) {
  const heard = hear(root);
  put(heard.context.paths.config.file, toml);
  return { status: await checkCommand(heard.context, options), ...heard };
}

const uplink = '[uplink.lo]\nceil = "1gbit"\nrouted = "libvirt"\n';

test('guests, patterns, groups and uplinks are counted by themselves', async () => {
  const last = async (toml: string) => (await check(toml)).said.at(-1)?.replace(/^.*?config\.toml: /, '');
  assert.is(await last(uplink), '0 guests, 0 groups, 1 uplink: no errors');
  const guests = '[guest.a]\n[guest.b]\n[guest."web-*"]\n[group.g]\nceil = "5mbit"\n';
  assert.is(await last(`${uplink}${guests}`), '2 guests, 1 pattern, 1 group, 1 uplink: no errors');
  assert.is(
    await last(`${uplink}[guest."a*"]\n[guest."b*"]\n`),
    '0 guests, 2 patterns, 0 groups, 1 uplink: no errors',
  );
});

test('warnings are told before it and counted, and leave the status 0', async () => {
  const { status, said, warned } = await check('[guest.a]\n[uplink.nowhere7]\nceil = "1gbit"\n');
  assert.is(status, 0);
  assert.match(said.at(-1) ?? '', /: 1 guest, 0 groups, 1 uplink: 1 warning, no errors$/);
  assert.match(warned.join('\n'), 'nowhere7');
});

test('quiet leaves the table out; data has all of it, and mistakes as data end with 2', async () => {
  const loud = await check(`${uplink}[guest.a]\nrate = "1mbit"\n`);
  assert.match(loud.printed.join(''), /^a +1mbit/m);
  assert.equal((await check(`${uplink}[guest.a]\nrate = "1mbit"\n`, { quiet: true })).printed, []);
  const wrong = await check('[guest.a]\nrat = "1mbit"\n', { json: true });
  assert.is(wrong.status, 2);
  assert.match(wrong.printed.join(''), 'guest.a.rat');
});

test('templates of the administrator are tried: a mistake ends with 2, one that fits is none', async () => {
  const template = join(hear(root).context.paths.templates, 'class.tc.hbs');
  put(template, '{{no_such_thing}}\n');
  const wrong = await check(uplink, { json: true });
  assert.is(wrong.status, 2);
  assert.match(JSON.parse(wrong.printed.join('')).errors[0].message, 'no_such_thing');
  const thrown = await check(uplink).catch((error: unknown) => error);
  assert.instance(thrown, ConfigError);
  put(template, readFileSync(new URL('../../../../templates/class.tc.hbs', import.meta.url), 'utf8'));
  assert.is((await check(uplink)).status, 0);
});

test.run();
