// Which quick tests a file of src can make fail: those that import it, by however many others.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** @returns for each test below the folder what it imports, itself included; paths from the folder on */
export function readClosures(root: string, folders: string[]): Map<string, Set<string>> {
  const imports = new Map<string, string[]>();
  const importsOf = (file: string): string[] => {
    const known = imports.get(file);
    if (known) return known;
    const text = readFileSync(join(root, file), 'utf8');
    const found = [...text.matchAll(/(?:from|import\(|import) ?'(\.[^']+\.ts)'/g)].map(([, path = '']) =>
      normalize(join(dirname(file), path)),
    );
    imports.set(file, found);
    return found;
  };
  const closureOf = (file: string, into: Set<string>) => {
    if (into.has(file)) return into;
    into.add(file);
    for (const other of importsOf(file)) closureOf(other, into);
    return into;
  };
  const tests = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${folder}/${file}`),
  );
  return new Map(tests.map((test) => [test, closureOf(test, new Set())]));
}
