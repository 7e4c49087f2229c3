// The templates: the package's own, or for each file of the same name the administrator's in
// /etc/virt-shaper/templates. One main template for each output, small partials for each kind of line.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../system/errors.ts';
import { whyUntrusted } from '../system/trust.ts';

export interface Template {
  /** Where it was read, for messages. */
  file: string;
  text: string;
  /** Whether it is the package's. */
  isPackaged: boolean;
  /** The text of the package's, in whose place the administrator's is. */
  own?: string;
}

/** By name without `.hbs`: `shape.tc`, `class.tc`. */
export type Templates = Map<string, Template>;

/** As seen from the bundle in dist/, from src/render/ and from /usr/lib/virt-shaper. */
const packaged = ['../templates', '../../templates', '../../share/virt-shaper/templates'];

/** The administrator's, as files of the configuration beside its main one: what they say counts like it. */
export function readOverrides(folder: string, main: string): { name: string; text: string }[] {
  const names = [...readFolder(folder, false)].sort(([a], [b]) => (a < b ? -1 : 1));
  return names.map(([name, { text }]) => ({ name: join(templatesBeside(main), `${name}.hbs`), text }));
}

/** @param main the main file of a configuration */
export function templatesBeside(main: string): string {
  return join(dirname(main), 'templates');
}

/** @throws ConfigError when others than root can write the administrator's */
export function readTemplates(overrides: string): Templates {
  const here = dirname(fileURLToPath(import.meta.url));
  const own = packaged
    .map((folder) => join(here, folder))
    .find((folder) => existsSync(join(folder, 'shape.tc.hbs')));
  if (own === undefined) throw new Error('the templates of the package are missing');
  const others = readFolder(overrides, false);
  if (others.size > 0) checkTrust([overrides, ...[...others.values()].map(({ file }) => file)]);
  const all = readFolder(own, true);
  for (const [name, template] of others) {
    const replaced = all.get(name)?.text;
    all.set(name, { ...template, ...(replaced === undefined ? {} : { own: replaced }) });
  }
  return all;
}

/** Whether any of them is the administrator's. */
export function hasOverrides(overrides: string): boolean {
  return readFolder(overrides, false).size > 0;
}

function readFolder(folder: string, isPackaged: boolean): Templates {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.hbs')) : [];
  return new Map(
    names.map((name) => {
      const file = join(folder, name);
      return [name.slice(0, -'.hbs'.length), isPackaged ? ownTemplate(file) : read(file)];
    }),
  );
}

function read(file: string): Template {
  return { file, text: readFileSync(file, 'utf8'), isPackaged: false };
}

/** Read when its text is asked for: mostly what it was compiled to is enough, and a guest's start waits for each file. */
function ownTemplate(file: string): Template {
  return {
    file,
    get text() {
      return readFileSync(file, 'utf8');
    },
    isPackaged: true,
  };
}

function checkTrust(paths: string[]): void {
  const wrong = paths.flatMap((path) => whyUntrusted(statSync(path), path) ?? []);
  if (wrong.length > 0) throw new ConfigError(wrong.map((one) => ({ severity: 'error', ...one })));
}
