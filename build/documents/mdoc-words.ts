// The words of a manual page: what its macros say within a line, as Markdown.
import { asRead } from '../../test/support/mdoc.ts';

/** Widest line of running text. */
const width = 120;
const code = new Set(['Li', 'Ic', 'Cm', 'Pa', 'Va', 'Ev', 'Ql']);
const inline = new Set([
  ...code,
  'Em',
  'Ar',
  'Fl',
  'Xr',
  'Sx',
  'Dq',
  'Nm',
  'No',
  'Op',
  'Oo',
  'Oc',
  'Pq',
  'Po',
  'Pc',
]);
const delimiter = /^[,.:;)]$/;
const open = '\u0001';
const close = '\u0002';
const brackets: Record<string, string> = {
  Op: `${open}[`,
  Oo: `${open}[`,
  Oc: `${close}]`,
  Pq: `${open}(`,
  Po: `${open}(`,
  Pc: `${close})`,
};

export function isMacro(word = ''): boolean {
  return inline.has(word);
}

/** `THE POLICY IN THE GUEST'S XML` -> `The policy in the guest's XML` */
export function titleOf(name: string): string {
  const lower = name.toLowerCase().replace(/\bxml\b/g, 'XML');
  return `${lower[0]?.toUpperCase()}${lower.slice(1)}`;
}

/** A line as words of Markdown; what its macros say is done. */
export function wordsOf(line: string): string[] {
  if (!line.startsWith('.')) return asText(line).split(' ');
  const tokens =
    line
      .slice(1)
      .replaceAll('\\ ', open)
      .match(/"[^"]*"|\S+/g) ?? [];
  if (!inline.has(tokens[0] ?? '')) throw new Error(`unknown macro: ${line}`);
  const last = tokens.length - [...tokens].reverse().findIndex((token) => !delimiter.test(token));
  // Brackets that a macro opens for the rest of the line close before its last full stop.
  const { words, owed } = phrase(tokens.slice(0, last));
  return [...words, ...owed, ...tokens.slice(last).map((token) => `${close}${token}`)];
}

function phrase(tokens: string[]): { words: string[]; owed: string[] } {
  const words: string[] = [];
  const owed: string[] = [];
  let macro = 'No';
  let args: string[] = [];
  // A macro goes on behind a comma, but one without arguments is said once.
  let isSaid = true;
  const end = () => {
    if (args.length > 0 || !isSaid) words.push(...said(macro, args));
    [args, isSaid] = [[], true];
  };
  for (const token of tokens) {
    const bracket = brackets[token];
    if (inline.has(token) || delimiter.test(token) || token === '|') end();
    if (bracket) words.push(bracket);
    else if (inline.has(token)) [macro, isSaid] = [token, false];
    else if (delimiter.test(token)) words.push(`${close}${token}`);
    else if (token === '|') words.push(token);
    else args.push(token.replace(/^"|"$/g, '').replaceAll(open, ' '));
    if (token === 'Op') owed.unshift(`${close}]`);
    if (token === 'Pq') owed.unshift(`${close})`);
  }
  end();
  return { words, owed };
}

function said(macro: string, args: string[]): string[] {
  const text = asRead(args.join(' '));
  if (code.has(macro)) return [`\`${text}\``];
  if (macro === 'Em') return [`*${text}*`];
  if (macro === 'Ar' && args.length === 0) return ['*file*', '...'];
  if (macro === 'Ar') return args.map((arg) => (arg === '...' ? arg : `*${arg}*`));
  if (macro === 'Fl') return [`\`-${text}\``];
  if (macro === 'Dq') return [`"${asText(args.join(' '))}"`];
  if (macro === 'Nm') return ['`virt-shaper`'];
  if (macro === 'Xr') return [`${asRead(args[0] ?? '')}(${args[1]})`];
  if (macro === 'Sx')
    return [`[${titleOf(text)}](#${titleOf(text).toLowerCase().replace(/'/g, '').replaceAll(' ', '-')})`];
  return [asText(args.join(' '))];
}

/** What Markdown would take for its own stands for itself. */
function asText(text: string): string {
  return asRead(text).replace(/[*_<>[\]]/g, '\\$&');
}

export function joinWords(words: string[]): string {
  return words
    .join(' ')
    .replaceAll(` ${close}`, '')
    .replaceAll(`${open}[ `, '[')
    .replaceAll(`${open}( `, '(')
    .replaceAll(open, '')
    .replaceAll(close, '')
    .replace(/` `/g, ' ');
}

/** Lines of running text, those behind the first `indent` narrower. */
export function fill(text: string, indent = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+/g) ?? []) {
    if (line !== '' && line.length + 1 + word.length > width - indent) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
