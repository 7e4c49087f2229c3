// Explains errors in a template to the administrator who wrote it. Handlebars describes them in terms of its grammar, with
// the line but not the file.
import { basename } from 'node:path';
import { ConfigError } from '../system/errors.ts';
import { SourceFile } from '../toml/source-file.ts';
import { nearest } from '../units/nearest.ts';
import type { Template } from './templates.ts';

interface Mistake {
  message: string;
  hint?: string;
  /** UTF-16 units from the start of the text; absent where the place is not known. */
  offset?: number;
}

/** @param names of all templates, and of all helpers */
export function explainTemplate(
  { file, text, own, isPackaged }: Template,
  error: unknown,
  names: { partials: string[]; helpers: string[] },
): ConfigError {
  const source = new SourceFile(file, text);
  const { message, hint: known, offset } = mistakeIn(source, (error as Error).message, own ?? text, names);
  // The package's own templates have no mistakes, so the context was wrong with which it was called.
  const caller = `one of your templates calls it for something that has no such value: grep '{{> ${basename(file, '.hbs')}'`;
  const hint = own === undefined && isPackaged ? caller : known;
  const at = offset === undefined ? { file, line: 1, column: 1 } : source.place(offset);
  const way = own === undefined ? [] : [`the package's own counts without this file: mv ${file} ${file}.off`];
  return new ConfigError([
    {
      severity: 'error',
      at,
      message,
      hint: [...(hint ? [hint] : []), ...way].join('\n'),
      text: source.line(at.line),
    },
  ]);
}

function mistakeIn(
  source: SourceFile,
  said: string,
  own: string,
  { partials, helpers }: { partials: string[]; helpers: string[] },
): Mistake {
  const [, what = said, line, column] = said.match(/^(.*) - (\d+):(\d+)$/s) ?? [];
  const place = line === undefined ? {} : { offset: source.offset(Number(line), Number(column) + 1) };
  const [, field] = what.match(/^"(.*)" not defined in/) ?? [];
  if (field !== undefined) {
    const known = valuesIn(own);
    return { message: `there is no value ${field} here`, ...meant(field, known, 'the values are'), ...place };
  }
  const [, part] = what.match(/^Cannot read properties of \w+ \(reading '(.*)'\)/) ?? [];
  if (part !== undefined) {
    const offset = source.text.search(new RegExp(`[\\w.]+\\.${part}\\b`));
    const whole = source.text.slice(Math.max(0, offset)).match(/^[\w.]+/)?.[0] ?? part;
    const message = `there is no value ${whole} here: what is before .${part} is not there`;
    return { message, hint: `the values are ${valuesIn(own).join(', ')}`, ...(offset < 0 ? {} : { offset }) };
  }
  const [, helper] = what.match(/used the unknown helper (\S+)/) ?? [];
  if (helper !== undefined) {
    const all = [...helpers, 'if', 'unless', 'each', 'with'];
    return { message: `there is no helper ${helper}`, ...meant(helper, all, 'the helpers are'), ...place };
  }
  const [, partial] = what.match(/^The partial (.*) could not be found/) ?? [];
  if (partial !== undefined) {
    const offset = source.text.search(new RegExp(`\\{\\{>\\s*${partial.replace(/\W/g, '\\$&')}`));
    const message = `there is no template ${partial}.hbs`;
    return { message, ...meant(partial, partials, 'there are'), ...(offset < 0 ? {} : { offset }) };
  }
  const tag = brokenTag(source.text);
  if (tag) return tag;
  const [, at] = what.match(/^Parse error on line (\d+)/) ?? [];
  return {
    message: 'this tag cannot be read',
    hint: 'tags are {{name}}, {{helper name}}, {{> template}}, {{#if name}} ... {{else}} ... {{/if}}',
    ...(at === undefined ? place : { offset: source.offset(Number(at), 1) }),
  };
}

function meant(word: string, known: string[], list: string): { hint: string } {
  const close = nearest(word, known);
  return { hint: close === undefined ? `${list} ${known.join(', ')}` : `did you mean ${close}?` };
}

/** The values that a template prints. */
function valuesIn(text: string): string[] {
  const words = [...text.matchAll(/\{\{(?!>)[#/^]?([^}]*)\}\}/g)].flatMap(([, tag = '']) => tag.split(/\s+/));
  const others = ['if', 'unless', 'each', 'with', 'else', 'this', 'rate', 'label', 'comment', 'verb'];
  return [...new Set(words)].filter((word) => /^[a-zA-Z]/.test(word) && !others.includes(word)).sort();
}

/** Finds the first tag that is not closed, block whose ends do not match, or tag without a name. */
function brokenTag(text: string): Mistake | undefined {
  const open: { name: string; offset: number }[] = [];
  for (const { index: offset, 0: braces } of text.matchAll(/\{\{+/g)) {
    const tag = text.slice(offset);
    const [whole, body = ''] = /^\{\{+([^{}]*)\}\}+/.exec(tag) ?? [];
    if (/^\{\{\{*!/.test(tag)) continue;
    if (whole === undefined || braces.length !== (/\}+$/.exec(whole)?.[0].length ?? 0)) {
      return { message: `this tag is not closed by ${'}'.repeat(braces.length)}`, offset };
    }
    const [, kind = '', name = ''] = /^\s*([#/^]?)\s*(\S*)/.exec(body) ?? [];
    if (body.trim() === '') return { message: 'this tag is empty', offset };
    if (kind === '#') open.push({ name, offset });
    if (kind === '/') {
      const block = open.pop();
      if (!block) return { message: `{{/${name}}} closes nothing: no {{#${name}}} is before it`, offset };
      if (block.name !== name) {
        const { line } = new SourceFile('', text).place(block.offset);
        return {
          message: `{{/${name}}} stands where {{#${block.name}}} of line ${line} is to be closed`,
          offset,
        };
      }
    }
    if (name === 'else' && open.length === 0) return { message: '{{else}} stands in no block', offset };
    if (kind === '#' && body.trim() === `#${name}`) return { message: `{{#${name}}} lacks a name`, offset };
  }
  const [last] = open.slice(-1);
  return last && { message: `{{#${last.name}}} is never closed by {{/${last.name}}}`, offset: last.offset };
}
