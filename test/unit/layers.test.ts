// Dependencies point one way, and only a few files touch the world. This is where that is written down.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readSources();

/** Each folder may use those before it, and no file may lead back to itself. Only the beginnings lie loose in src/. */
const layers = [
  'system',
  'units',
  'text',
  'toml',
  'config',
  'guests',
  'host',
  'policy',
  'plan',
  'render',
  'pipeline.ts',
  'part',
  'kernel',
  'store',
  'ledger',
  'diff',
  'load',
  'observe',
  'hooks',
  'import',
  'init',
  'doctor',
  'report',
  'top',
  'operations',
  'commands',
  'cli',
  'cli.ts',
  'hook.ts',
  'launch.ts',
];

/** What may read or write files, or start a process. */
const outside: Record<string, string[]> = {
  'node:fs': [
    'commands/host/hooks.ts',
    'commands/host/import.ts',
    'commands/observe/usage.ts',
    'commands/policy/verify.ts',
    'config/read-files.ts',
    'doctor/read/stat.ts',
    'guests/status-files.ts',
    'hooks/apparmor.ts',
    'hooks/calls.ts',
    'hooks/executable.ts',
    'hooks/inspect.ts',
    'hooks/install.ts',
    'hooks/look.ts',
    'hooks/obstacles.ts',
    'hooks/program.ts',
    'hooks/selinux.ts',
    'host/networks.ts',
    'host/read-host.ts',
    'init/defined-guests.ts',
    'kernel/ifb.ts',
    'kernel/settings.ts',
    'launch.ts',
    'ledger/keep.ts',
    'ledger/moved.ts',
    'ledger/read.ts',
    'ledger/spool.ts',
    'operations/output-file.ts',
    'operations/settle.ts',
    'render/templates.ts',
    'store/in-force-rules.ts',
    'store/journal.ts',
    'store/paths.ts',
    'store/pending.ts',
    'system/files.ts',
    'system/folders.ts',
    'system/lock.ts',

    'system/scratch.ts',
    'system/speak.ts',
    'system/sync-files.ts',
    'system/trust.ts',
    'system/version.ts',
  ],
  execa: ['system/exec.ts'],
  'node:child_process': ['system/tool-version.ts'],
};

test('dependencies point one way', () => {
  const rank = (file: string) => layers.indexOf(file.split('/')[0] ?? '');
  const found: string[] = [];
  for (const file of files.keys()) {
    assert.ok(rank(file) >= 0, `${file} is in no layer`);
    for (const used of usedBy(file)) if (rank(used) > rank(file)) found.push(`${file} -> ${used}`);
  }
  assert.equal(found, []);
});

test('no command uses another', () => {
  for (const file of files.keys()) {
    if (!file.startsWith('commands/')) continue;
    const others = usedBy(file).filter((used) => used.startsWith('commands/'));
    assert.equal(others, [], file);
  }
});

test('no file leads back to itself', () => {
  const done = new Set<string>();
  const visit = (file: string, way: string[]) => {
    assert.not(way.includes(file), [...way.slice(way.indexOf(file)), file].join(' -> '));
    if (done.has(file)) return;
    for (const used of usedBy(file)) visit(used, [...way, file]);
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  assert.is(done.size, files.size);
});

test('only these files touch the world', () => {
  for (const [name, allowed] of Object.entries(outside)) {
    const users = [...files].filter(([, imports]) => imports.includes(name)).map(([file]) => file);
    assert.equal(users.sort(), allowed, name);
  }
});

test('the pipeline and all it leads to are pure but for the readers', () => {
  const readers = [
    'config/read-config.ts',
    'store/guests.ts',
    'host/read-host.ts',
    'host/kernel.ts',
    'store/ids.ts',
  ];
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file) || readers.includes(file)) return;
    seen.add(file);
    for (const used of usedBy(file)) visit(used);
  };
  visit('pipeline.ts');
  assert.ok(seen.has('plan/make-plan.ts') && seen.size > 15);
  assert.equal(
    [...seen].filter((file) => ['system/exec.ts', 'system/files.ts'].includes(file)),
    [],
  );
});

function usedBy(file: string): string[] {
  const paths = (files.get(file) ?? []).filter((name) => name.startsWith('.'));
  return paths.map((path) => normalize(join(dirname(file), path)));
}

test('what every command begins with runs no process, which takes execa a tenth of a start to load', () => {
  const atOnce = /^(?:import|export) (?!type\b)[^;]*?from '(\.[^']+)'/gm;
  const loaded = new Set<string>();
  const load = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = readFileSync(join(src, file), 'utf8');
    for (const [, used = ''] of text.matchAll(atOnce)) load(normalize(join(dirname(file), used)));
  };
  load('cli.ts');
  assert.ok(loaded.has('report/errors.ts') && loaded.size > 10);
  assert.not.ok(loaded.has('system/exec.ts'));
});

test('a file fits on four screens, a folder on one', () => {
  const inFolder = new Map<string, number>();
  const long: string[] = [];
  for (const file of files.keys()) {
    inFolder.set(dirname(file), (inFolder.get(dirname(file)) ?? 0) + 1);
    if (readFileSync(join(src, file), 'utf8').trimEnd().split('\n').length > 200) long.push(file);
  }
  assert.ok(inFolder.size > 30);
  assert.equal(long, [], 'of more than 200 lines');
  assert.equal(
    [...inFolder].filter(([, count]) => count > 20).map(([folder]) => folder),
    [],
    'of more than 20 files',
  );
});

function readSources(): Map<string, string[]> {
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return new Map(
    names.map((name) => {
      const imports = [
        ...readFileSync(join(src, name), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g),
      ];
      return [name, imports.map((match) => match[1] ?? '')];
    }),
  );
}

test.run();
