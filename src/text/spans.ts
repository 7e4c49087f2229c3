// A line of the screen as spans of plain text, each with the name of a style: widths are counted before any
// escape sequence is there, and what is tested is what a person reads. Widths are terminal columns.
import { cursorTo } from 'ansi-escapes';
import stringWidth from 'string-width';

/** `below` and `above` are the parts of a bar up to the guarantee and beyond it; `full` is a bar at its ceil. */
export type Style = 'plain' | 'strong' | 'dim' | 'head' | 'chosen' | 'below' | 'above' | 'full' | 'warning';

export interface Span {
  text: string;
  style?: Style;
}

export type Line = Span[];

/** Parameters of SGR escape sequences: with colours, and for a terminal that has or wants none. */
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

/** Makes a text exactly `width` columns wide: padded with blanks, or cut with an ellipsis at the end. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutTo(text, width);
  const blanks = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return align === 'left' ? cut + blanks : blanks + cut;
}

function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 1; // For the ellipsis.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Makes a line exactly `width` columns wide: padded, or cut. */
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

/** Breaks a text at blanks into lines of at most `width` columns; a longer word has a line of its own and is not cut. */
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

/** As wrap, for a line of spans: the second line and those after it are indented; an empty line gives no lines. */
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
 * The line with its escape sequences. Terminals disagree about the width of rare characters, so after a span with one the
 * cursor is moved to the column of the next.
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

/** Whether every terminal shows each character in one column: ASCII, and the characters of our own lines and bars. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e\u2500-\u257f…▲▼]*$/.test(text);
}
