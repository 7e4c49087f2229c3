// One name, one meaning: what a folder exports under a name, no other exports under the same.
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const src = new URL('../../src/', import.meta.url);

test('no two files export the same name', () => {
  const owners = new Map<string, string[]>();
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(new URL(file, src), 'utf8');
    for (const [, name = ''] of text.matchAll(
      /^export (?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/gm,
    ))
      owners.set(name, [...new Set([...(owners.get(name) ?? []), file])]);
  }
  assert.ok(owners.size > 500, `${owners.size} names`);
  assert.equal(
    [...owners].filter(([, files]) => files.length > 1),
    [],
  );
});

test.run();
