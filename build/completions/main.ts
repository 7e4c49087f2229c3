// npm run completions   writes packaging/completions/ anew. They are files and not made by the program when a shell
// asks, so that a Tab costs a process only where names of guests are wanted. A test says when they are out of date.
import { writeFileSync } from 'node:fs';
import { completions, folder } from './completions.ts';

for (const [name, text] of completions()) {
  writeFileSync(`${folder}${name}`, text);
  console.log(`packaging/completions/${name} written`);
}
