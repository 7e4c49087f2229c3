// src/ -> dist/: virt-shaper.js, which starts program.js, which is everything else as one script, or hook.js, which is what
// libvirt's hook needs of it. Plain JavaScript, because it runs before anything is built. A module of a command is evaluated
// when the command asks for it.
//
//   node build/build.js [METAFILE]     METAFILE: where to write what went into it, for the packages

import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { librariesWithoutComments } from './comments.js';
import { lazyPackages } from './lazy.js';
import { compiledTemplates } from './templates.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist`;
const { version, engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: `node${engines.node.slice('>='.length)}`,
  metafile: true,
  logLevel: 'warning',
};

const started = Date.now();
const script = {
  plugins: [compiledTemplates(`${root}templates`), lazyPackages(root), librariesWithoutComments],
  define: { __VERSION__: JSON.stringify(version), 'import.meta.url': 'bundleUrl' },
  // A script of V8's own knows no import(), and no module around it.
  supported: { 'dynamic-import': false },
  banner: {
    js: `(function (require, __filename, __dirname, launched) { const module = { exports: {} }, exports = module.exports;
const bundleUrl = require('node:url').pathToFileURL(__filename).href;`,
  },
  footer: { js: '})' },
};
const program = await make('src/cli.ts', 'program.js', script);
const hook = await make('src/hook.ts', 'hook.js', script);
const digest = createHash('sha256')
  .update(readFileSync(`${dist}/program.js`))
  .update(readFileSync(`${dist}/hook.js`))
  .digest('hex');
const launcher = await make('src/launch.ts', 'virt-shaper.js', {
  define: { __DIGEST__: JSON.stringify(digest.slice(0, 16)) },
  banner: { js: '#!/usr/bin/env node' },
});
chmodSync(`${dist}/virt-shaper.js`, 0o755);
// The checkout's own says that .js is a module.
writeFileSync(`${dist}/package.json`, '{ "type": "commonjs" }\n');

const outputs = { ...program.outputs, ...hook.outputs, ...launcher.outputs };
if (process.argv[2]) writeFileSync(process.argv[2], JSON.stringify({ outputs }));
const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`built dist/virt-shaper.js (${Math.round(bytes / 1000)} kB, ${Date.now() - started} ms)`);

async function make(entry, output, options) {
  const made = await build({
    ...common,
    entryPoints: [entry],
    outfile: `${dist}/${output}`,
    ...options,
  }).catch(() => process.exit(1)); // esbuild has printed what is wrong, where
  return made.metafile;
}
