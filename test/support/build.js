// src/cli.ts -> dist/virt-shaper.js and its chunks. Plain JavaScript, because it runs before anything is built.
//
// Splitting keeps what a command does not need out of its start: `--version` costs half of what it does as
// one file. The banner is there for bundled CommonJS packages, which call require().
//
//   node test/support/build.js [METAFILE]     METAFILE: where to write what went into it, for the packages

import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dist = `${root}dist`;
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

const started = Date.now();
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { 'virt-shaper': 'src/cli.ts' },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  define: { __VERSION__: JSON.stringify(version) },
  banner: {
    js: `#!/usr/bin/env node
import { createRequire as createBundleRequire } from 'node:module';
const require = createBundleRequire(import.meta.url);`,
  },
  metafile: true,
  logLevel: 'warning',
}).catch(() => process.exit(1)); // esbuild has printed what is wrong, where
chmodSync(`${dist}/virt-shaper.js`, 0o755);

// Names of chunks hold a hash of their content: without this, those of every build would pile up. Packages stay.
const files = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
const isFormer = (name) => name.endsWith('.js') && !files.has(name);
for (const old of readdirSync(dist).filter(isFormer)) rmSync(`${dist}/${old}`);
if (process.argv[2]) writeFileSync(process.argv[2], JSON.stringify(metafile));

const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(
  `built dist/virt-shaper.js (${files.size} files, ${Math.round(bytes / 1000)} kB, ${Date.now() - started} ms)`,
);
