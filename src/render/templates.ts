// The templates: the package's own, or for each file of the same name the administrator's in
// /etc/virt-shaper/templates. One main template for each output, small partials for each kind of line.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Name without `.hbs` (`shape.tc`, `class.tc`) -> text and where it was read, for messages. */
export type Templates = Map<string, { file: string; text: string }>;

/** From src/render/ and from the bundle in dist/ alike. */
const packaged = [new URL('../templates', import.meta.url), new URL('../../templates', import.meta.url)];

export function readTemplates(overrides: string): Templates {
  const own = packaged
    .map((url) => fileURLToPath(url))
    .find((folder) => existsSync(join(folder, 'shape.tc.hbs')));
  if (own === undefined) throw new Error('the templates of the package are missing');
  return new Map([...readFolder(own), ...readFolder(overrides)]);
}

function readFolder(folder: string): Templates {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.hbs')) : [];
  return new Map(
    names.map((name) => {
      const file = join(folder, name);
      return [name.slice(0, -'.hbs'.length), { file, text: readFileSync(file, 'utf8') }];
    }),
  );
}
