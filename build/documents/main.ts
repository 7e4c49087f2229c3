// npm run documents   writes anew what of the documents is made: from the manual pages, the schemas and the program.
// A test says when it is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillMarked } from '../../test/support/marked.ts';
import { pagePaths } from '../../test/support/pages.ts';
import { makeParts, top } from './parts.ts';

const parts = makeParts();
for (const path of pagePaths()) {
  const text = readFileSync(join(top, path), 'utf8');
  const filled = fillMarked(text, 'made', (name) => parts.get(name), []);
  if (filled === text) continue;
  writeFileSync(join(top, path), filled);
  console.log(`${path} written`);
}
