// Renders a plan into the files of rules.d. Handlebars prints plain text from plain data (compiled.ts), and templates can
// call only the helpers of this file.
import Handlebars from 'handlebars';
import type { Plan } from '../plan/plan.ts';
import { ConfigError } from '../system/errors.ts';
import { label, nftComment } from '../text/label.ts';
import { formatRate } from '../units/rate.ts';
import { areOwn, compile } from './compile.ts';
import { printers } from './compiled.ts';
import { explainTemplate } from './template-errors.ts';
import type { Templates } from './templates.ts';
import { makeView, type TemplateView } from './view.ts';

/** Name of a file of rules.d -> its text. */
export interface Rules {
  'ruleset.nft': string;
  'shape.tc': string;
  'devices.ip': string;
  'settings.sysctl': string;
}

export const helpers = {
  rate: (bits: number) => formatRate(bits),
  label: (name: string) => label(name),
  comment: (name: string) => nftComment(label(name)),
  verb: (direction: string) => (direction === 'out' ? 'sends' : 'receives'),
};

/**
 * Deterministic: the same plan gives the same bytes.
 * @param source the configuration's file, for the banner
 * @throws ConfigError when a template is wrong, with its file and line
 */
export function render(plan: Plan, templates: Templates, source: string): Rules {
  const view = makeView(plan, source);
  return printOwn(view, templates) ?? printWithHandlebars(view, templates);
}

/** @returns undefined where a template is not the package's own, or none were compiled at build time */
function printOwn(view: TemplateView, templates: Templates): Rules | undefined {
  if (printers === undefined || !areOwn(templates)) return undefined;
  const own = printers(helpers);
  const print = (name: keyof Rules): string => {
    const template = own[name];
    if (!template) throw new Error(`no template for ${name}`);
    return template(view, view);
  };
  return printEach(print);
}

function printWithHandlebars(view: TemplateView, templates: Templates): Rules {
  const handlebars = Handlebars.create();
  handlebars.registerHelper(helpers);
  const names = { partials: [...templates.keys()].sort(), helpers: Object.keys(helpers) };
  const compiled = new Map(
    [...templates].map(([name, template]) => {
      const explain = (error: unknown) => explainTemplate(template, error, names);
      return [name, explained(compile(handlebars, name, template.text), explain)];
    }),
  );
  for (const [name, template] of compiled) handlebars.registerPartial(name, template);
  const print = (name: keyof Rules): string => {
    const template = compiled.get(name);
    if (!template) throw new Error(`no template for ${name}`);
    return template(view);
  };
  return printEach(print);
}

function printEach(print: (name: keyof Rules) => string): Rules {
  return {
    'ruleset.nft': print('ruleset.nft'),
    'shape.tc': print('shape.tc'),
    'devices.ip': print('devices.ip'),
    'settings.sysctl': print('settings.sysctl'),
  };
}

/** Adds the template's file to errors, since Handlebars tells only the line. */
function explained(
  template: HandlebarsTemplateDelegate,
  explain: (error: unknown) => ConfigError,
): HandlebarsTemplateDelegate {
  return (context, options) => {
    try {
      return template(context, options);
    } catch (error) {
      throw error instanceof ConfigError ? error : explain(error);
    }
  };
}
