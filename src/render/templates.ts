// Reads the templates: the package's own, each of which a file of the same name in /etc/virt-shaper/templates overrides.
// There is a main template for each file of rules.d, and a small partial for each kind of line.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../system/errors.ts';
import { whyUntrusted } from '../system/trust.ts';

export interface Template {
  /** Its path, for messages. */
  file: string;
  text: string;
  /** Whether it is one of the package's. */
  isPackaged: boolean;
  /** The text of the package's template that this one overrides. */
  own?: string;
}

/** Name without `.hbs` -> template: `shape.tc`, `class.tc`. */
export type Templates = Map<string, Template>;

/** Relative to the bundle in dist/, to src/render/ and to /usr/lib/virt-shaper. */
const packaged = ['../templates', '../../templates', '../../share/virt-shaper/templates'];

/** The administrator's templates, which are part of the configuration's snapshot like its other files. */
export function readOverrides(folder: string, main: string): { name: string; text: string }[] {
  const names = [...readFolder(folder, false)].sort(([a], [b]) => (a < b ? -1 : 1));
  return names.map(([name, { text }]) => ({ name: join(templatesBeside(main), `${name}.hbs`), text }));
}

/** @param main the main file of a configuration */
export function templatesBeside(main: string): string {
  return join(dirname(main), 'templates');
}

/** @throws ConfigError when others than root can write the administrator's templates */
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

/** Whether the administrator overrides a template. */
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

/** Reads the text when it is first asked for: not every command that has the templates renders. */
function ownTemplate(file: string): Template {
  let read: string | undefined;
  return {
    file,
    get text() {
      read ??= readFileSync(file, 'utf8');
      return read;
    },
    isPackaged: true,
  };
}

function checkTrust(paths: string[]): void {
  const wrong = paths.flatMap((path) => whyUntrusted(statSync(path), path) ?? []);
  if (wrong.length > 0) throw new ConfigError(wrong.map((one) => ({ severity: 'error', ...one })));
}
