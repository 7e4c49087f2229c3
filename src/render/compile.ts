// Compiles templates. The package's own templates are compiled at build time, since Handlebars' compiler would take a good
// part of a guest's start. A template that was edited since, or is the administrator's, is compiled when it is used.
import type Handlebars from 'handlebars';
import { compiled, strictly } from './compiled.ts';
import type { Templates } from './templates.ts';

/** @throws Error of Handlebars when the text is no valid template */
export function compile(
  handlebars: typeof Handlebars,
  name: string,
  text: string,
): HandlebarsTemplateDelegate {
  const own = compiled[name];
  return own?.text === text ? handlebars.template(own.template) : handlebars.compile(text, strictly);
}

/** Whether all templates are those of the package, unchanged since it was built. */
export function areOwn(templates: Templates): boolean {
  return [...templates].every(([name, { text }]) => compiled[name]?.text === text);
}
