// The text of a template -> a function. The package's own templates are compiled when virt-shaper is built: what
// Handlebars' compiler does for the seven of them would be a good part of a guest's start. One that has been changed
// since, or is the administrator's, is compiled when it is used.
import type Handlebars from 'handlebars';
import { compiled, strictly } from './compiled.ts';
import type { Templates } from './templates.ts';

/** @throws Error of Handlebars when the text is no template */
export function compile(
  handlebars: typeof Handlebars,
  name: string,
  text: string,
): HandlebarsTemplateDelegate {
  const own = compiled[name];
  return own?.text === text ? handlebars.template(own.template) : handlebars.compile(text, strictly);
}

/** Whether all of them are those of the package, as they were when it was built. */
export function areOwn(templates: Templates): boolean {
  return [...templates].every(([name, { text }]) => compiled[name]?.text === text);
}
