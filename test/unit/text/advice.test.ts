// Whatever the program's own texts advise to type can be typed: each command that a message, a hint or a script of the
// package names is there, with the options that are named beside it.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shapeOf } from '../../../build/completions/shape.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { commands, options } = shapeOf();
/** What follows the name: words, and options without their values. */
const called = /(?<![\w/.-]|-t )virt-shaper((?: (?:--?[a-z-]*|[a-z][a-z-]*))+)/g;

/** What else follows the name, where the program speaks of itself. */
const prose =
  /^(another|are|asks|came|can|did|does|for|from|has|is|knows|made|may|needs|on|put|scales|shapes|start|takes|to|was|what|when|where|without|would|shows)$/;

const sources = ['src', 'packaging/maintainer', 'packaging/prometheus', 'templates'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(join(root, path)).isFile()),
);

test('every command that is advised is there, with the options named beside it', () => {
  let calls = 0;
  for (const path of sources) {
    for (const [whole, words = ''] of linesOf(path).flatMap((line) => [...line.matchAll(called)])) {
      const all = words.split(' -- ')[0]?.trim().split(' ') ?? [];
      const name = all.find((word) => !word.startsWith('-')) ?? '';
      const command = commands.find((one) => one.name === name);
      if (!command && name !== '') {
        assert.match(
          name,
          prose,
          `${path}: ${whole}: no command, and no word that is known to follow the name`,
        );
        continue;
      }
      const known = [...options, ...(command?.options ?? [])].flatMap(({ flags }) => flags);
      for (const flag of all.filter((word) => /^--?[a-z]/.test(word)))
        assert.ok(known.includes(flag), `${path}: ${whole}`);
      calls += 1;
    }
  }
  assert.ok(calls > 100, `${calls}`);
});

/** Without comments. */
function linesOf(path: string): string[] {
  const isComment = path.endsWith('.ts') ? /^\s*(\/\/|\*|\/\*)/ : /^\s*#/;
  return readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => !isComment.test(line))
    .map((line) => line.replace(/ \/\/ .*/, ''));
}

test.run();
