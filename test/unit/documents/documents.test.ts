// The documents say what the program does: their commands and options are there, their configurations pass the
// program's own check, their excerpts are what is rendered, their links lead somewhere.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { house } from '../../../build/documents/house.ts';
import { makeParts } from '../../../build/documents/parts.ts';
import { type ConfigLocation, readConfig } from '../../../src/config/read-config.ts';
import type { Device } from '../../../src/host/host.ts';
import { importBandwidthConf } from '../../../src/import/bandwidth-conf.ts';
import { generate } from '../../../src/pipeline.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import { readTemplates } from '../../../src/render/templates.ts';
import { formatProblem } from '../../../src/report/problems.ts';
import { ConfigError } from '../../../src/system/errors.ts';
import { callsIn, checkCall } from '../../support/calls.ts';
import { fillMarked } from '../../support/marked.ts';
import { outputSchema } from '../../support/output-schema.ts';
import { anchorsOf, blockOf, type Page, readPages } from '../../support/pages.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pages = readPages();
const page = (path: string) => pages.find((one) => one.path === path) as Page;

test('README is a door: at most 8,000 bytes, and from it every page can be reached', () => {
  assert.ok(Buffer.byteLength(page('README.md').text) <= 8000);
  const reached = new Set(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']);
  for (const from of reached) {
    for (const { path } of page(from) ? linksOf(page(from)) : []) if (path.endsWith('.md')) reached.add(path);
  }
  assert.equal(
    pages.map(({ path }) => path).filter((path) => !reached.has(path)),
    [],
  );
});

test('every command of the documents can be typed so', () => {
  let calls = 0;
  for (const { path, blocks, prose } of pages) {
    const typed = blocks.filter(({ kind }) => kind === 'sh').map(({ text }) => ({ text, whole: true }));
    const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) => ({
      text: span.replaceAll('\n', ' '),
      whole: false,
    }));
    for (const { text, whole } of [...typed, ...spans]) {
      for (const call of callsIn(text.replaceAll('dist/virt-shaper.js', 'virt-shaper'))) {
        calls++;
        assert.not.throws(() => checkCall(call, whole), undefined, `${path}: virt-shaper ${call.join(' ')}`);
      }
    }
  }
  assert.ok(calls > 100, 'the documents show commands');
});

test('the example of the package passes the check, with what stands in it as comments too', () => {
  const example = readFileSync(join(root, 'packaging/examples/config.toml'), 'utf8');
  assert.equal(check(example), []);
  const all = example.replace(/^# (?=\w+ = )/gm, '');
  assert.is.not(all, example);
  assert.equal(check(all), []);
});

test('what is made of manual pages and of the program is as npm run documents makes it', () => {
  const parts = makeParts();
  const places = pages.flatMap(({ path, text }) => {
    const names: string[] = [];
    const now = fillMarked(
      text,
      'made',
      (name) => {
        names.push(name);
        return parts.get(name);
      },
      [],
    );
    assert.is(now, text, `${path} is out of date: npm run documents`);
    return names;
  });
  assert.equal(places.sort(), [...parts.keys()].sort());
});

for (const { path, text, blocks } of pages) {
  const written = [...text.matchAll(/config\.toml <<'END'\n(.*?)^END$/gms)].map(([, toml = '']) => toml);
  const configs = blocks.flatMap((block, at) => (block.kind === 'toml' ? { ...block, at } : []));
  if (written.length + configs.length === 0) continue;
  test(`${path}: every configuration passes the check, and a wrong one fails as shown`, () => {
    for (const toml of written) assert.equal(check(toml), [], toml);
    for (const { text: toml, at } of configs) {
      const problems = check(toml);
      if (!toml.startsWith('# wrong on purpose\n')) assert.equal(problems, [], toml);
      else assert.is(blocks[at + 1]?.text, `${problems.join('\n')}\n`);
    }
  });
}

test('every state and every kind of fault has its line, in the documents, the schema and the program', () => {
  const rows = (heading: string) => {
    const [, section = ''] = page('docs/output.md').text.split(`\n## ${heading}\n`);
    const [own = ''] = section.split('\n## ');
    return [...own.matchAll(/^\| `([^`]+)` \|/gm)].map(([, word]) => word).sort();
  };
  const { state, fault } = outputSchema.$defs;
  assert.equal(rows('States'), [...(state?.enum ?? [])].sort());
  const kinds = [...(fault?.properties?.kind?.enum ?? [])].sort();
  assert.equal(rows('Faults'), kinds);
  const source = (path: string) => readFileSync(join(root, 'src', path), 'utf8');
  const own = source('observe/fault.ts').match(/type FaultKind =([^;]*);/)?.[1] ?? '';
  const policy = source('policy/policy.ts').match(/interface Unshaped \{[^}]*kind: ([^;]*);/)?.[1] ?? '';
  const typed = [...`${own} ${policy}`.matchAll(/'([\w-]+)'/g)].map(([, kind]) => kind);
  assert.equal(typed.filter((kind) => kind !== 'kind').sort(), kinds);
});

test('the house is as it stands: its folders, in the order of their imports', () => {
  const layers =
    readFileSync(join(root, 'test/unit/layers.test.ts'), 'utf8').match(/const layers = \[(.*?)\]/s)?.[1] ??
    '';
  const order = [...layers.matchAll(/'(\w+)'/g)].map(([, folder]) => folder);
  const folders = house.map(([folder]) => folder);
  assert.equal(folders, order);
  const there = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  assert.equal([...folders].sort(), there.map(({ name }) => name).sort());
});

test('the import gives what is shown', () => {
  const { blocks } = page('docs/migrating.md');
  const at = blocks.findIndex(({ kind }) => kind === 'conf');
  const { toml } = importBandwidthConf(blocks[at]?.text ?? '', 'bandwidth.conf');
  assert.is(blocks[at + 1]?.text, toml);
});

test('the excerpts of rules.d are lines of what the try-out renders', () => {
  const files = { ip: 'devices.ip', tc: 'shape.tc', nft: 'ruleset.nft', sysctl: 'settings.sysctl' } as const;
  const rules = renderTryOut();
  for (const [kind, file] of Object.entries(files)) {
    for (const part of blockOf(page('docs/rules.d.md'), kind).split('...\n')) {
      const lines = part.split('\n').filter(Boolean);
      const rendered = rules[file].split('\n');
      for (const line of lines) assert.ok(rendered.includes(line), `${file} has no line\n${line}`);
    }
  }
});

test('every npm script exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const used = pages.flatMap(({ text }) =>
    [...text.matchAll(/npm run (\S+?)[`\s]/g)].map(([, name = '']) => name),
  );
  assert.ok(used.length > 3);
  for (const name of used) assert.ok(Object.hasOwn(scripts, name), `npm run ${name}`);
});

test('every page and heading that is linked exists, and every file that is named', () => {
  const notKept = readFileSync(join(root, '.gitignore'), 'utf8').split('\n').filter(Boolean);
  for (const one of pages) {
    for (const { path, heading, link } of linksOf(one)) {
      assert.ok(existsSync(join(root, path)), `${one.path}: ${link}`);
      if (heading === undefined) continue;
      const headings = readPages([path]).flatMap(anchorsOf);
      assert.ok(headings.includes(heading), `${one.path}: ${link}`);
    }
    const files = one.text.matchAll(/(?<![\w/.-])(?:src|test|templates|build|packaging)\/[\w./*-]*/g);
    for (const [path] of files) {
      const named = path.replace(/\.$/, '');
      const made = notKept.some((ignored) => `${named}/`.startsWith(ignored));
      if (!path.includes('*') && !made) assert.ok(existsSync(join(root, named)), `${one.path}: ${named}`);
    }
  }
});

test('what packages install as documents links to nothing that they do not', () => {
  const installed = readFileSync(join(root, 'packaging/debian/docs'), 'utf8').trim().split('\n');
  const isInstalled = (path: string) => installed.some((one) => path === one || path.startsWith(`${one}/`));
  const some = [...pages.filter(({ path }) => isInstalled(path)), page('CHANGELOG.md')];
  assert.ok(some.length > 10);
  for (const one of some) {
    const others = linksOf(one).filter(({ path }) => path !== one.path && !isInstalled(path));
    assert.equal(
      others.map(({ link }) => link),
      [],
      one.path,
    );
  }
});

/** Of a page, those that stay in the checkout, from its top. */
function linksOf({ path, prose }: Page): { path: string; heading?: string; link: string }[] {
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [file = '', heading] = link.split('#');
      const to = file === '' ? path : relative(root, join(root, dirname(path), file));
      return { path: to, link, ...(heading !== undefined && { heading }) };
    });
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
  const [, toml = ''] =
    page('docs/getting-started.md').text.match(/config\.toml <<'END'\n(.*?)^END$/ms) ?? [];
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
    moment: everyday,
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
