// The options for compiling templates and, in the built program, the compiled templates: build/templates.js puts them in the
// place of the empty list and of `undefined` below. Run from source, nothing is compiled ahead.

/** No escaping for HTML; an unknown field is an error; only known helpers can be called. */
export const strictly: CompileOptions = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: { rate: true, label: true, comment: true, verb: true } as never,
};

/** Name without `.hbs` -> the template's text, and the result of compiling it. */
export const compiled: Record<string, { text: string; template: TemplateSpecification }> = {};

export type Helpers = Record<string, (value: never) => string>;

/** Template name -> a function that prints it, from its context and the value of `@root`. */
export type Printers = (helpers: Helpers) => Record<string, (context: unknown, root: unknown) => string>;

/** Printers of the package's own templates, which need no Handlebars (build/printers.js). */
export const printers: Printers | undefined = undefined;
