// The package's templates -> JavaScript that prints them. Handlebars itself looks up each field with care and makes an
// object for each turn of a loop, for whatever a template may do; ours do little of that. What this saves of one render, in
// milliseconds of CPU (medians): 6 of 243 for one guest, 77 of 717 for a thousand. What Handlebars understands is not asked of it twice: it parses them, and
// test/unit/render/printers.test.ts holds the two against each other. What is not used here is refused when it is built.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Handlebars from 'handlebars';

const helpers = ['rate', 'label', 'comment', 'verb'];

/** @param folder of *.hbs @returns an expression: helpers -> template name -> view -> text */
export function printersSource(folder) {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.hbs'))
    .sort();
  const functions = names.map((name) => {
    const ast = Handlebars.parse(readFileSync(join(folder, name), 'utf8'));
    return `${JSON.stringify(basename(name, '.hbs'))}: (c0, root) => { let s = '';\n${printAll(ast.body, 0)}return s; }`;
  });
  return `(helpers) => {
const text = (value, name) => {
  if (value === undefined || value === null) throw new Error(name + ' is not there');
  return value;
};
const isTrue = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
const indent = (lines, by) => lines.split('\\n').map((line, at, all) => (line === '' && at === all.length - 1 ? line : by + line)).join('\\n');
const print = { ${functions.join(',\n')} };
return print; }`;
}

/** @param depth of contexts around it: the innermost is `c<depth>` */
function printAll(statements, depth) {
  return statements.map((statement) => printOne(statement, depth)).join('');
}

function printOne(statement, depth) {
  const { type, path, params, program, inverse } = statement;
  if (type === 'ContentStatement')
    return statement.value === '' ? '' : `s += ${JSON.stringify(statement.value)};\n`;
  if (type === 'CommentStatement') return '';
  if (type === 'MustacheStatement') return `s += ${expression(statement, depth)};\n`;
  if (type === 'PartialStatement') {
    const context = params.length > 0 ? valueAt(params[0], depth) : `c${depth}`;
    const call = `print[${JSON.stringify(statement.name.original)}](${context}, root)`;
    return `s += ${statement.indent ? `indent(${call}, ${JSON.stringify(statement.indent)})` : call};\n`;
  }
  if (type !== 'BlockStatement' || params.length !== 1) throw unknown(statement);
  const value = valueAt(params[0], depth);
  const otherwise = inverse ? printAll(inverse.body, depth) : '';
  if (path.original === 'if' || path.original === 'unless') {
    const condition = path.original === 'if' ? `isTrue(${value})` : `!isTrue(${value})`;
    return `if (${condition}) {\n${printAll(program?.body ?? [], depth)}} else {\n${otherwise}}\n`;
  }
  if (path.original !== 'each') throw unknown(statement);
  const inner = depth + 1;
  return `if (!isTrue(${value})) {\n${otherwise}}\nfor (const c${inner} of ${value}) {\n${printAll(program.body, inner)}}\n`;
}

function expression(statement, depth) {
  const { path, params } = statement;
  if (params.length === 0) return `text(${valueAt(path, depth)}, ${JSON.stringify(path.original)})`;
  if (params.length > 1 || !helpers.includes(path.original)) throw unknown(statement);
  return `helpers.${path.original}(${valueAt(params[0], depth)})`;
}

function valueAt(path, depth) {
  if (path.type !== 'PathExpression' || path.depth > depth) throw unknown(path);
  const [first, ...rest] = path.parts;
  if (path.data && first !== 'root') throw unknown(path);
  const base = path.data ? 'root' : `c${depth - path.depth}`;
  const parts = path.data ? rest : path.parts;
  return base + parts.map((part) => `[${JSON.stringify(part)}]`).join('');
}

function unknown({ type, loc }) {
  return new Error(`templates: ${type} in line ${loc.start.line} is more than build/printers.js understands`);
}
