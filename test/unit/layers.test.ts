// Dependencies point one way, and only a few files touch the world. This is where that is written down.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readSources();

/** Each layer may use those before it. Files at the top of src/ that every layer uses come first. */
const layers = [
  [
    'units.ts',
    'errors.ts',
    'version.ts',
    'label.ts',
    'exec.ts',
    'folders.ts',
    'files.ts',
    'digest.ts',
    'paths.ts',
    'trust.ts',
    'speak.ts',
    'scratch.ts',
  ],
  ['config'],
  ['guests'],
  ['import'],
  ['host'],
  ['policy'],
  ['plan'],
  ['render'],
  ['pipeline.ts'],
  ['load'],
  ['hooks'],
  ['use'],
  ['doctor'],
  ['report'],
  ['commands'],
  ['cli'],
  ['cli.ts'],
  ['launch.ts'],
];

/** What may read or write files, or start a process. */
const outside: Record<string, string[]> = {
  'node:fs': [
    'commands/hooks.ts',
    'commands/import.ts',
    'commands/verify.ts',
    'config/read-files.ts',
    'doctor/stat.ts',
    'files.ts',
    'folders.ts',
    'guests/status-files.ts',
    'hooks/inspect.ts',
    'hooks/install.ts',
    'hooks/program.ts',
    'host/read-host.ts',
    'launch.ts',
    'load/good.ts',
    'load/journal.ts',
    'load/load.ts',
    'load/lock.ts',
    'load/pending.ts',
    'load/read-state.ts',
    'paths.ts',
    'render/templates.ts',
    'scratch.ts',
    'speak.ts',
    'trust.ts',
    'version.ts',
  ],
  execa: ['exec.ts'],
  'node:child_process': [],
};

test('dependencies point one way', () => {
  const rank = (file: string) => layers.findIndex((layer) => layer.includes(file.split('/')[0] ?? ''));
  for (const [file, imports] of files) {
    assert.ok(rank(file) >= 0, `${file} is in no layer`);
    for (const path of imports.filter((name) => name.startsWith('.'))) {
      const used = normalize(join(dirname(file), path));
      assert.ok(rank(used) <= rank(file), `${file} uses ${used}, which is above it`);
    }
  }
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
    'guests/run-state.ts',
    'host/read-host.ts',
    'host/kernel.ts',
    'plan/id-store.ts',
  ];
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file) || readers.includes(file)) return;
    seen.add(file);
    const imports = files.get(file) ?? [];
    for (const path of imports) if (path.startsWith('.')) visit(normalize(join(dirname(file), path)));
  };
  visit('pipeline.ts');
  assert.ok(seen.has('plan/make-plan.ts') && seen.size > 15);
  assert.equal(
    [...seen].filter((file) => ['exec.ts', 'files.ts'].includes(file)),
    [],
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
