// npm run test:mutants [-- OPTIONS] [WORD...]   small faults, one at a time, each of which some test must notice.
//
//   (nothing)             those of list.ts; a WORD picks what has it in its text. Fails when one lives that is not listed
//                         as equivalent, and when the text of one is gone.
//   --random N FOLDER...  N others, anywhere below these folders of src; --seed S for others again. For reading: it says
//                         who lives, and many of those mean the same. What the types refuse is not counted.
//   --fast                without test/kernel, which takes a minute and more for each that lives
//   --verbose             with what the tests say
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../faults/random.ts';
import { isQuick } from '../support/quick-files.ts';
import { readClosures } from './closure.ts';
import { mutants } from './list.ts';
import type { Listed } from './lists/listed.ts';
import { mutantsOf } from './operators.ts';

import { Copy, type Tests } from './try.ts';

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    random: { type: 'string' },
    fast: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});

/** For what nobody has listed: the tests of each file, those that find most first. */
const inKernel: [file: RegExp, kernel: string[]][] = [
  [/^load\/(?:answer-cache|prefetch)/, ['second-time', 'seen', 'small-faults']],
  [/^load\/(?:staging|trust)|^diff\/small/, ['staged', 'small-change', 'second-time', 'small-faults']],
  [
    /^operations\/(?:confirm|plan-rules)|^commands\/policy\/(?:apply|plan)/,
    ['second-time', 'apply', 'sync', 'said'],
  ],
  [/^operations\/(?:log|failures|say\/changes)/, ['said', 'second-time']],
  [
    /^commands\/(?:host\/(?:doctor|init)|observe\/explain)|^operations\/explain/,
    ['explain', 'init', 'doctor'],
  ],
  [/^(?:commands\/observe|operations)\/usage|^ledger/, ['usage-files', 'usage']],
  [/^operations\/moment|^commands\/policy\/limit/, ['limit', 'volumes']],
  [/^operations\/hook|^commands\/host\/hook\./, ['second-time', 'hook', 'hook-outcomes']],
  [/^commands\/policy\/(?:set|check|verify|confirm)/, ['set', 'commands', 'said', 'sync']],
  [/^operations\/look|^observe|^report\/metrics|^commands\/observe/, ['status', 'top']],
  [/^diff\/(?:obstacles|without|unreached|detours|drift)/, ['obstacles', 'refused', 'small-change']],
  [/^doctor/, ['doctor-broken', 'doctor']],
  [
    /^load\/(?:load|prepare|transaction|undo)/,
    ['second-time', 'refused', 'obstacles', 'load-again', 'transaction'],
  ],
  [/^host\/(?:default-route|ways-out|read-host)/, ['init', 'routed-ways', 'second-time']],
  [/^(?:load|diff|store|kernel|operations)/, ['second-time', 'life', 'small-change', 'transaction', 'load']],
  [/^hooks|^commands\/host\/hooks/, ['hooks']],
  [/^commands\/host\/(?:hook|sync)/, ['second-time', 'life', 'hook', 'sync']],
  [/^commands/, ['second-time', 'said', 'life', 'load']],
  [/^(?:guests|host)/, ['second-time', 'sync']],
];

const copy = new Copy();
const closures = readClosures(join(copy.folder, 'test'), ['unit', 'golden', 'trace', 'fuzz']);
process.on('exit', () => copy.end());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

if (options.random !== undefined && !(await copy.compiles())) {
  console.log('this checkout does not compile: every mutant would be refused');
  process.exit(1);
}
const list = options.random === undefined ? listed() : chosen(Number(options.random));
const sum = { killed: 0, lives: 0, equivalent: 0, refused: 0, gone: 0 };
for (const mutant of list) {
  const began = performance.now();
  const outcome = await copy.try(mutant, mutant, (text) => {
    if (options.verbose) process.stdout.write(text);
  });
  const seconds = `${((performance.now() - began) / 1000).toFixed(0)} s`;
  if ('gone' in outcome) {
    sum.gone += 1;
    console.log(`GONE    ${mutant.what}: ${outcome.gone}\n${mutant.from}`);
  } else if ('refused' in outcome) {
    sum.refused += 1;
    console.log(`refused ${mutant.what} (by the types, ${seconds})`);
  } else if (outcome.killed) {
    sum.killed += 1;
    console.log(`killed  ${mutant.what} (${outcome.by}, ${seconds})`);
  } else if (mutant.equivalent !== undefined) {
    sum.equivalent += 1;
    console.log(`same    ${mutant.what}: ${mutant.equivalent}`);
  } else {
    sum.lives += 1;
    console.log(`LIVES   ${mutant.what} (${seconds})\n- ${mutant.from}\n+ ${mutant.to}`);
  }
}
const { killed, lives, equivalent, refused, gone } = sum;
console.log(`${killed} killed, ${lives} live, ${equivalent} mean the same, ${refused} refused, ${gone} gone`);
process.exit(lives + gone === 0 && killed > 0 ? 0 : 1);

function listed(): Listed[] {
  const named = mutants.filter(
    ({ what, from }) => words.length === 0 || words.some((word) => `${what} ${from}`.includes(word)),
  );
  return options.fast ? named.flatMap((one) => (one.quick ? [{ ...one, kernel: [] }] : [])) : named;
}

function chosen(count: number): Listed[] {
  const files = readdirSync(join(copy.folder, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && words.some((word) => file.startsWith(word)),
  );
  const all = files.flatMap((file) =>
    mutantsOf(readFileSync(join(copy.folder, 'src', file), 'utf8')).map((mutant): Listed => {
      return { ...mutant, what: file, ...testsOf(file) };
    }),
  );
  return new Random(options.seed).shuffle(all).slice(0, count);
}

function testsOf(file: string): Tests {
  const kernel = inKernel.find(([folder]) => folder.test(file))?.[1] ?? [];
  // Who imports little else is most likely to notice. Slow ones only of the file's own folder.
  const own = `unit/${file.split('/')[0]}/`;
  const importing = [...closures]
    .filter(([test, files]) => files.has(`../src/${file}`) && (isQuick(test) || test.startsWith(own)))
    .sort(([, a], [, b]) => a.size - b.size)
    .map(([test]) => test);
  return {
    ...(importing.length > 0 ? { quick: importing } : {}),
    kernel: options.fast ? [] : kernel,
    typed: true,
  };
}
