// A manual page in mdoc(7) as Markdown, so that docs/ has it and nobody writes it twice. It knows the macros that our
// pages use and refuses any other; what a literal block is stands in a comment above it, as in the page.
import { asRead } from '../../test/support/mdoc.ts';
import { fill, isMacro, joinWords, titleOf, wordsOf } from './mdoc-words.ts';

interface Item {
  head: string;
  /** Paragraphs, blocks and lists, each already Markdown. */
  parts: string[];
}

/**
 * @param sections those to take, in this order
 * @throws Error at a macro that is not known here
 */
export function markdownOf(page: string, sections: string[]): string {
  const all = page.split(/^\.Sh /m);
  const parts = sections.map((name) => {
    const body = all.find((section) => section.startsWith(`${name}\n`));
    if (body === undefined) throw new Error(`the page has no section ${name}`);
    const text = partsOf(body.split('\n').slice(1)).join('\n\n');
    return name === 'DESCRIPTION' ? text : `## ${titleOf(name)}\n\n${text}`;
  });
  return `${parts.join('\n\n')}\n`;
}

function partsOf(lines: string[]): string[] {
  const parts: string[] = [];
  let words: string[] = [];
  const flush = () => {
    if (words.length > 0) parts.push(fill(joinWords(words)));
    words = [];
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [, macro, rest = ''] = line.match(/^\.(\w\w)(?: (.*))?$/) ?? [];
    if (macro === 'Bl' || macro === 'Bd') {
      flush();
      const end = endOf(lines, at, macro);
      const inner = lines.slice(at + 1, end);
      if (macro === 'Bl') parts.push(itemsOf(inner).map(bullet).join('\n'));
      else parts.push(fence(lines[at - 1]?.match(/^\.\\" (\w+)$/)?.[1], inner));
      at = end;
    } else if (macro === 'Ss') {
      flush();
      parts.push(`### ${rest.startsWith('[') ? `\`${rest}\`` : asRead(rest)}`);
    } else if (macro === 'Dl') {
      flush();
      parts.push(fence('output', [rest]));
    } else if (macro === 'Pp') flush();
    else if (!line.startsWith('.\\"') && line !== '') words.push(...wordsOf(line));
  }
  flush();
  return parts;
}

/** The line that closes the list or block which begins at `at`. */
function endOf(lines: string[], at: number, macro: string): number {
  const last = macro === 'Bl' ? 'El' : 'Ed';
  for (let depth = 0, line = at; line < lines.length; line++) {
    if (lines[line]?.startsWith(`.${macro}`)) depth++;
    if (lines[line]?.startsWith(`.${last}`) && --depth === 0) return line;
  }
  throw new Error(`.${macro} has no .${last}`);
}

function itemsOf(lines: string[]): Item[] {
  const starts: number[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (/^\.B[ld]/.test(lines[at] ?? '')) at = endOf(lines, at, (lines[at] ?? '').slice(1, 3));
    else if (lines[at]?.startsWith('.It')) starts.push(at);
  }
  return starts.map((start, index) => {
    const own = lines.slice(start, starts[index + 1]);
    const long = own[0] === '.It Xo' ? own.indexOf('.Xc') : 0;
    const head = long > 0 ? own.slice(1, long).map((line) => line.slice(1)) : [own[0]?.slice(4) ?? ''];
    return {
      head: joinWords(head.flatMap((line) => wordsOf(isMacro(line.split(' ')[0]) ? `.${line}` : line))),
      parts: partsOf(own.slice(long + 1)),
    };
  });
}

function bullet({ head, parts }: Item): string {
  const [first = '', ...more] = parts;
  // A paragraph goes on behind the head, a list stands below it.
  const inOne = first !== '' && !first.startsWith('- ') && !first.startsWith('```');
  const text = inOne
    ? [fill(`**${head}**: ${first.replaceAll('\n', ' ')}`, 2), ...more]
    : [`**${head}**`, ...parts];
  return `- ${text
    .filter(Boolean)
    .join('\n\n')
    .replace(/\n(?=[^\n])/g, '\n  ')}`;
}

function fence(kind: string | undefined, lines: string[]): string {
  if (kind === undefined) throw new Error(`of what kind is this?\n${lines.join('\n')}`);
  return `\`\`\`${kind === 'output' ? 'text' : kind}\n${asRead(lines.join('\n'))}\n\`\`\``;
}
