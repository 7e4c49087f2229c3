// How templates are compiled; and, in the built program, those that were (build/templates.js puts them in the
// place of this file's empty list and of `undefined`). From source nothing is compiled ahead.

/** Nothing is escaped for HTML, a field that is not there is an error, no helper but these can be called. */
export const strictly: CompileOptions = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: { rate: true, label: true, comment: true, verb: true } as never,
};

/** Name without `.hbs` -> the text that was compiled, and what came of it. */
export const compiled: Record<string, { text: string; template: TemplateSpecification }> = {};

export type Helpers = Record<string, (value: never) => string>;

/** Template name -> what prints it, given its context and what `@root` is. */
export type Printers = (helpers: Helpers) => Record<string, (context: unknown, root: unknown) => string>;

/** The package's own, printed without Handlebars (build/printers.js). */
export const printers: Printers | undefined = undefined;
