// The importer's reading of shell against the shell's own: the texts are made of pieces that cannot run anything.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Notes } from '../../../src/import/notes.ts';
import { readAssignments } from '../../../src/import/shell-assignments.ts';
import { SourceFile } from '../../../src/toml/source-file.ts';

const test = suite('import, against bash');

test('where the shell reads assignments and nothing else, the same values are read', () => {
  const names = ['cliff_eth0', 'rob_eth0', '_x'];
  const character = fc.constantFrom(...'"\'\\\n \t;#=1é~:*$%');
  const passage = fc.constantFrom(
    ...['\\\n', '\\$', '[1]', '{1,2}', "'10 1mbit'", '"11 2mbit"', '"\\1\\\\\\""', '"\\\n"', '"\n"', "'\n'"],
    ...['" # "', ' # "', '"$"', "'`'", '"\'"', "'$(1)'"],
  );
  const piece = fc.oneof(character, passage);
  const prefix = fc.constantFrom('', '', ' ', 'export ', 'declare -x ', 'readonly -- ', '# ', ';');
  const line = fc.tuple(
    prefix,
    fc.constantFrom(...names),
    fc.array(piece, { maxLength: 6 }),
    fc.constantFrom('\n', ' ', ';'),
  );
  let compared = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (lines) => {
      const text = lines
        .map(([start, name, value, end]) => `${start}${name}=${value.join('')}${end}`)
        .join('');
      const script = `eval "$1" && printf '%s\\0' ${names.map((name) => `"$${name}"`).join(' ')}`;
      const shell = spawnSync('/bin/bash', ['--norc', '-c', script, 'bash', text], {
        encoding: 'utf8',
        env: { PATH: '/nowhere', LC_ALL: 'C.UTF-8' },
      });
      if (shell.status !== 0 || shell.stderr !== '') return;
      const file = new SourceFile('f', text);
      const notes = new Notes(file);
      const read = new Map(readAssignments(file, notes).map(({ name, value }) => [name, value]));
      if (notes.inOrder().some(({ severity }) => severity === 'error')) return;
      compared++;
      assert.equal(
        names.map((name) => read.get(name) ?? ''),
        shell.stdout.split('\0').slice(0, -1),
        JSON.stringify(text),
      );
    }),
    { numRuns: 300 },
  );
  assert.ok(compared > 30, `only ${compared} of the texts were nothing but assignments`);
});

test.run();
