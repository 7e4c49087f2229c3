// A line of the screen as spans of plain text, each with the name of a style: widths are counted before any
// escape sequence is there, and what is tested is what a person reads. Widths are terminal columns.
import { cursorTo } from 'ansi-escapes';
import stringWidth from 'string-width';

/** `bar`s are fill; a `track` is what is left of the ceil. */
export type Style = 'plain' | 'strong' | 'dim' | 'head' | 'chosen' | 'below' | 'above' | 'full' | 'warning';

export interface Span {
  text: string;
  style?: Style;
}

export type Line = Span[];

/** SGR numbers: with colours, and for a terminal that has or wants none. */
const sgr: Record<Style, { colour: string; mono: string }> = {
  plain: { colour: '', mono: '' },
  strong: { colour: '1', mono: '1' },
  dim: { colour: '2', mono: '' },
  head: { colour: '7', mono: '7' },
  chosen: { colour: '1;7;36', mono: '1;7;4' },
  below: { colour: '32', mono: '' },
  above: { colour: '33', mono: '' },
  full: { colour: '31', mono: '1' },
  warning: { colour: '1;33', mono: '1' },
};

export function widthOf(text: string): number {
  return isPlain(text) ? text.length : stringWidth(text);
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

export function textOf(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** Exactly `width` columns: filled up with blanks, or cut with an ellipsis at the end. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutTo(text, width);
  const blanks = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return align === 'left' ? cut + blanks : blanks + cut;
}

function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 1; // The ellipsis.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Exactly `width` columns; what does not fit is cut. */
export function fitLine(line: Line, width: number, style: Style = 'plain'): Line {
  const fitted: Line = [];
  let left = width;
  for (const span of line) {
    const text = cutTo(span.text, left);
    if (text !== '') fitted.push({ ...span, text });
    left -= widthOf(text);
  }
  return left > 0 ? [...fitted, { text: ' '.repeat(left), style }] : fitted;
}

/** Lines of at most `width` columns, broken at blanks; a word that is longer stands whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** The same for a line of spans: what follows the first stands further in than it; nothing where the line is empty. */
export function wrapLine(line: Line, width: number): Line[] {
  if (lineWidth(line) <= width) return [line];
  const indent = ' '.repeat(Math.min((/^ */.exec(textOf(line))?.[0].length ?? 0) + 4, Math.floor(width / 2)));
  const lines: Line[] = [[]];
  let used = 0;
  for (const span of line) {
    for (const text of span.text.split(/(?<=\S)(?= )/)) {
      const own = widthOf(text);
      if (used > 0 && used + own > width) {
        lines.push([{ text: indent }]);
        used = indent.length;
        const rest = text.trimStart();
        lines.at(-1)?.push({ ...span, text: rest });
        used += widthOf(rest);
      } else {
        lines.at(-1)?.push({ ...span, text });
        used += own;
      }
    }
  }
  return lines;
}

/**
 * The line with its escape sequences. Terminals disagree about the width of rare characters, so whatever
 * follows one is put into its column by number.
 */
export function paint(line: Line, colours: boolean): string {
  let column = 0;
  let sure = true;
  return line
    .map(({ text, style = 'plain' }) => {
      const place = sure ? '' : cursorTo(column);
      sure = isPlain(text);
      column += widthOf(text);
      const code = sgr[style][colours ? 'colour' : 'mono'];
      return place + (code === '' ? text : `\u001b[${code}m${text}\u001b[0m`);
    })
    .join('');
}

/** What every terminal shows in one column each: ASCII, and what our own lines and bars are made of. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e\u2500-\u257f…▲▼]*$/.test(text);
}
