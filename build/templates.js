// For esbuild: src/render/compiled.ts with the package's templates in its list, compiled as its options say.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { transformSync } from 'esbuild';
import Handlebars from 'handlebars';
import { printersSource } from './printers.js';

const emptyList = /(export const compiled\b.*) = \{\};/;
const noPrinters = /(export const printers\b.*) = undefined;/;

/** @param folder of *.hbs */
export function compiledTemplates(folder) {
  return {
    name: 'compiled-templates',
    setup(build) {
      build.onLoad({ filter: /\/src\/render\/compiled\.ts$/ }, async ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!emptyList.test(source) || !noPrinters.test(source))
          throw new Error(`${path} has no place for compiled templates`);
        const { strictly } = await import(
          `data:text/javascript,${encodeURIComponent(transformSync(source, { loader: 'ts' }).code)}`
        );
        const entries = readdirSync(folder)
          .filter((name) => name.endsWith('.hbs'))
          .sort()
          .map((name) => {
            const text = readFileSync(join(folder, name), 'utf8');
            const template = Handlebars.precompile(text, strictly);
            return `${JSON.stringify(basename(name, '.hbs'))}: { text: ${JSON.stringify(text)}, template: ${template} }`;
          });
        return {
          loader: 'ts',
          contents: source
            .replace(emptyList, (_all, head) => `${head} = {${entries.join(',\n')}} as never;`)
            .replace(noPrinters, (_all, head) => `${head} = (${printersSource(folder)}) as never;`),
        };
      });
    },
  };
}
