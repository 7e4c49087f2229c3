// Elements of SVG as text. No font can be relied on, so widths of text are guessed, and on the large side.

export const fontSize = 12;
export const ink = '#1f2328';
export const quiet = '#59636e';
export const faint = '#d0d7de';

/** Told apart also by those who see fewer colours, as far as so many can be. */
export const colours = [
  '#4269d0',
  '#efb118',
  '#ff725c',
  '#6cc5b0',
  '#3ca951',
  '#ff8ab7',
  '#a463f2',
  '#97bbf5',
  '#9c6b4e',
  '#9498a0',
  '#1f6f54',
  '#c9b037',
  '#6e2c6b',
] as const;

export function colourOf(index: number): string {
  return colours[index % colours.length] ?? ink;
}

type Attributes = Record<string, string | number>;

/** @param content elements, not text */
export function element(name: string, attributes: Attributes, content = ''): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(shown(value))}"`);
  return `<${name}${list.join('')}${content === '' ? '/>' : `>${content}</${name}>`}\n`;
}

export function text(words: string, x: number, y: number, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(words));
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string = faint): string {
  return element('line', { x1, y1, x2, y2, stroke });
}

export function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return element('rect', { x, y, width, height, fill });
}

/** At most what it takes on the screen, in pixels. */
export function widthOf(words: string, size = fontSize): number {
  return words.length * size * 0.6;
}

/** A whole picture, on a ground of its own: it is looked at on white and on black pages. */
export function document(width: number, height: number, title: string, content: string): string {
  const ground = element('rect', {
    x: 0.5,
    y: 0.5,
    width: width - 1,
    height: height - 1,
    rx: 6,
    fill: '#fff',
    stroke: faint,
  });
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'font-family': 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif',
      'font-size': fontSize,
      fill: ink,
    },
    `\n${element('title', {}, escaped(title))}${ground}${content}`,
  );
}

function shown(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}

function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
