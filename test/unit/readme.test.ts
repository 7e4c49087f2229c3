// The README says what the program does: its commands and options are there, its configurations pass the
// program's own check, its excerpts are what is rendered, its links lead somewhere.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ConfigLocation, readConfig } from '../../src/config/read-config.ts';
import type { Device } from '../../src/host/host.ts';
import { importBandwidthConf } from '../../src/import/bandwidth-conf.ts';
import { generate } from '../../src/pipeline.ts';
import { readTemplates } from '../../src/render/templates.ts';
import { formatProblem } from '../../src/report/problems.ts';
import { ConfigError } from '../../src/system/errors.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Another file to test, so that the test itself can be seen to fail. */
const readme = readFileSync(process.env.README ?? join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind = '', text = '']) => ({
  kind,
  text,
}));
const prose = readme.replace(/^```.*?^```$/gms, '');

test('every command is a command, and every option shown with it one of its options', () => {
  const commands = calls();
  assert.ok(commands.length > 20, 'the README shows commands');
  for (const { name, options } of commands) {
    const known = optionsOf(name);
    for (const option of options) assert.ok(known.has(option), `virt-shaper ${name} has no ${option}`);
  }
});

test('the table of commands has every command and option, and no other', () => {
  const rows = [...prose.matchAll(/^\| `virt-shaper (\S+)[^`]*` \|[^|]*\|(.*)\|$/gm)];
  assert.equal(rows.map(([, name]) => name).sort(), [...commandNames()].sort());
  const common = optionsIn((section('Commands').match(/^- `--[^:]*:/gm) ?? []).join('\n'));
  for (const [, name = '', cell = ''] of rows) {
    assert.equal([...optionsOf(name)].sort(), [...common, ...optionsIn(cell)].sort(), name);
  }
});

test('every configuration passes the check, and the wrong one fails as shown', () => {
  const written = [...readme.matchAll(/config\.toml <<'END'\n(.*?)^END$/gms)].map(([, text = '']) => text);
  assert.ok(written.length > 0);
  for (const text of written) assert.equal(check(text), [], text);

  const configs = blocks.flatMap(({ kind, text }, at) => (kind === 'toml' ? { text, at } : []));
  assert.ok(configs.length > 2);
  for (const { text, at } of configs) {
    const problems = check(text);
    if (!text.startsWith('# wrong on purpose\n')) assert.equal(problems, [], text);
    else assert.is(blocks[at + 1]?.text, `${problems.join('\n')}\n`);
  }
});

test('the import gives what is shown', () => {
  const at = blocks.findIndex(({ kind }) => kind === 'conf');
  const { toml } = importBandwidthConf(blocks[at]?.text ?? '', 'bandwidth.conf');
  assert.is(blocks[at + 1]?.text, toml);
});

test('the excerpts of rules.d are lines of what the try-out renders', () => {
  const files = { ip: 'devices.ip', tc: 'shape.tc', nft: 'ruleset.nft' } as const;
  const rules = renderTryOut();
  for (const [kind, file] of Object.entries(files)) {
    const excerpts = blocks.filter((block) => block.kind === kind);
    assert.is(excerpts.length, 1, file);
    for (const part of excerpts[0]?.text.split('...\n') ?? []) {
      const lines = part.split('\n').filter(Boolean);
      const rendered = rules[file].split('\n');
      for (const line of lines) assert.ok(rendered.includes(line), `${file} has no line\n${line}`);
    }
  }
});

test('every npm script exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const used = [...readme.matchAll(/npm run (\S+?)[`\s]/g)].map(([, name = '']) => name);
  assert.ok(used.length > 3);
  for (const name of used) assert.ok(Object.hasOwn(scripts, name), `npm run ${name}`);
});

test('every file and heading that is named or linked exists', () => {
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const headings = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => anchor(text));
  assert.ok(links.length > 10);
  for (const link of links.filter((target) => !/^https?:/.test(target))) {
    if (link.startsWith('#')) assert.ok(headings.includes(link.slice(1)), link);
    else assert.ok(existsSync(join(root, link)), link);
  }
  const files = [...readme.matchAll(/(?<![\w/.-])(?:src|test|templates)\/[\w./-]*\w/g)].map(([path]) => path);
  assert.ok(files.length > 10);
  for (const file of files) assert.ok(existsSync(join(root, file)), file);
});

/** Every call of the program that stands in code, without the options that all commands have before theirs. */
function calls(): { name: string; options: string[] }[] {
  const code = [
    ...blocks.filter(({ kind }) => kind === 'sh').flatMap(({ text }) => text.split('\n')),
    ...[...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll('\n', ' ')),
  ];
  return code
    .flatMap((text) => [...text.matchAll(/(?:^|[\s(]|dist\/)virt-shaper(?:\.js)? +([^/|;&<>][^|;&<>]*)/g)])
    .map(([, rest = '']) => {
      const words = rest
        .replace(/^(?:--(?:root|config|rules) \S+ |--quiet )*/, '')
        .trim()
        .split(/\s+/);
      const [name = '', ...more] = words;
      // What follows `hook` is libvirt's.
      return { name, options: name === 'hook' ? [] : more.filter((word) => /^-./.test(word)) };
    });
}

const helps = new Map<string, string>();

function help(...args: string[]): string {
  const key = args.join(' ');
  const program = ['--import', 'tsx', join(root, 'src/cli.ts'), ...args, '--help'];
  const text = helps.get(key) ?? spawnSync(process.execPath, program, { encoding: 'utf8', cwd: root }).stdout;
  helps.set(key, text);
  return text;
}

function commandNames(): Set<string> {
  const list = help().match(/^From the configuration[\s\S]*?(?=^First steps)/m)?.[0] ?? '';
  return new Set(
    [...list.matchAll(/^ {2}(\w\S*)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : name)),
  );
}

function optionsOf(name: string): Set<string> {
  assert.ok(commandNames().has(name), `virt-shaper has no command ${name}`);
  const [, list = ''] = help(name).split('\nOptions:\n');
  const lines = list.split('\n\n')[0]?.match(/^ {2}-.*$/gm) ?? [];
  return new Set(
    lines.flatMap(
      (line) =>
        line
          .match(/^ {2}(?:(-\w), )?(--[\w-]+)/)
          ?.slice(1)
          .filter(Boolean) ?? [],
    ),
  );
}

/** The options in code of a piece of Markdown. */
function optionsIn(text: string): string[] {
  return [...text.matchAll(/`(--?\w[\w-]*)(?: [A-Z]+)?`/g)].map(([, option = '']) => option);
}

function section(heading: string): string {
  return prose.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
}

/** As GitHub makes them. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}

function check(toml: string): string[] {
  return withConfig(toml, (location) => {
    try {
      return readConfig(location).warnings.map(formatProblem);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(formatProblem);
      throw error;
    }
  });
}

/** On a stock kernel, with the one guest that the try-out starts. */
function renderTryOut() {
  const [, toml = ''] = readme.match(/config\.toml <<'END'\n(.*?)^END$/ms) ?? [];
  const port = { tap: false, master: 'br0' };
  return generate({
    config: withConfig(toml, readConfig).config,
    guests: [{ name: 'cliff', driver: 'qemu', nics: [{ tap: 'vnet0', bridge: 'br0' }] }],
    host: {
      devices: new Map<string, Device>([
        ['br0', { tap: false }],
        ['eth0', port],
        ['vnet0', port],
      ]),
      kernel: { leaf: 'fq_codel', redirect: 'fw' },
    },
    chosen: { guests: {}, groups: {} },
    templates: readTemplates('/nonexistent'),
    source: 'config.toml',
  }).rules;
}

function withConfig<T>(toml: string, use: (location: ConfigLocation) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-readme-'));
  try {
    mkdirSync(join(folder, 'etc/virt-shaper'), { recursive: true });
    writeFileSync(join(folder, 'etc/virt-shaper/config.toml'), toml, { mode: 0o644 });
    return use({ file: '/etc/virt-shaper/config.toml', root: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.run();
