// Usage as a self-contained HTML page: no scripts, fonts or images from elsewhere, in light and dark, and printable. It can be mailed to
// people without access to this host.

import { formatBytes, formatSpeed } from '../../text/figures.ts';
import { lengthOf, type Month } from '../../units/days.ts';
import type { Both } from '../../units/units.ts';
import { pageStyle } from './page-style.ts';

export interface PageGuest {
  name: string;
  kind: 'guest' | 'group' | 'uplink' | 'unmarked' | 'flooded';
  /** Keyed by the day of the month, `07`. */
  days: Map<string, Both<number>>;
  used: Both<number>;
  p95: Both<number>;
}

export interface UsagePage {
  month: Month;
  /** Until when it is counted, `2026-11-30 09:17`; absent for a past month. */
  until?: string;
  guests: PageGuest[];
}

/** The beginning of every such page. */
export const pageHead = '<!doctype html>\n<!-- usage, by virt-shaper -->';

export function usagePage({ month, until, guests }: UsagePage): string {
  const title = `Usage in ${nameOf(month)}`;
  const [only] = guests;
  const whose = guests.length === 1 && only ? `${only.name}: ` : '';
  const many = guests.length > 1 ? summaryTable(guests) : '';
  return `${pageHead}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${asHtml(`${whose}${title}`)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${until === undefined ? '' : `<p>Counted until ${asHtml(until)}. The month goes on.</p>\n`}</header>
<main>
${many}${guests.map((guest) => section(guest, month)).join('')}</main>
<footer>
<p>Bytes are whole Ethernet frames as they were delivered, 1 GB is 10<sup>9</sup> bytes. The 95th percentile is of the
averages over five minutes of the ${until === undefined ? 'whole month' : 'month so far'}: all but the highest twentieth of them are at most this. It is
told within 1.1&#8239;%.</p>
</footer>
</body>
</html>
`;
}

function summaryTable(guests: PageGuest[]): string {
  const rows = guests.map(
    ({ name, used, p95 }) =>
      `<tr><th scope="row">${asHtml(name)}</th>${[used.out, used.in, used.out + used.in].map((bytes) => `<td>${amount(bytes)}</td>`).join('')}${[p95.out, p95.in].map((bits) => `<td>${speed(bits)}</td>`).join('')}</tr>\n`,
  );
  return `<table class="all">
<thead><tr><th scope="col">Name</th><th scope="col">Sent</th><th scope="col">Received</th><th scope="col">Both</th><th scope="col">95&#8239;% sent</th><th scope="col">95&#8239;% received</th></tr></thead>
<tbody>
${rows.join('')}</tbody>
</table>
`;
}

function section(guest: PageGuest, month: Month): string {
  const { name, used, p95 } = guest;
  return `<section>
<h2>${asHtml(name)}</h2>
<dl>
<div><dt><i class="out"></i>Sent</dt><dd>${amount(used.out)}</dd></div>
<div><dt><i class="in"></i>Received</dt><dd>${amount(used.in)}</dd></div>
<div><dt>Both</dt><dd>${amount(used.out + used.in)}</dd></div>
<div><dt>95th percentile, sent</dt><dd>${speed(p95.out)}</dd></div>
<div><dt>95th percentile, received</dt><dd>${speed(p95.in)}</dd></div>
</dl>
${chart(guest, month)}
<details>
<summary>Day by day</summary>
<table>
<thead><tr><th scope="col">Day</th><th scope="col">Sent</th><th scope="col">Received</th></tr></thead>
<tbody>
${datesOf(month)
  .flatMap((date) => {
    const day = guest.days.get(date);
    return day
      ? `<tr><th scope="row">${month}-${date}</th><td>${amount(day.out)}</td><td>${amount(day.in)}</td></tr>\n`
      : [];
  })
  .join('')}</tbody>
</table>
</details>
</section>
`;
}

const [width, height, left, bottom] = [760, 190, 64, 22];

/** A chart with two bars a day, sent and received, and a scale with round figures. */
function chart({ name, days }: PageGuest, month: Month): string {
  const dates = datesOf(month);
  const most = Math.max(...[...days.values()].flatMap((day) => [day.out, day.in]), 1);
  const { step, top } = scaleFor(most);
  const y = (bytes: number) => round(height - (bytes / top) * (height - 8));
  const each = (width - left) / dates.length;
  const bar = round(each * 0.36);
  const lines = Array.from({ length: Math.round(top / step) + 1 }, (_line, index) => {
    const at = y(index * step);
    return `<line x1="${left}" x2="${width}" y1="${at}" y2="${at}"/><text x="${left - 8}" y="${at + 4}" text-anchor="end">${amount(index * step)}</text>`;
  });
  const bars = dates.flatMap((date, index) => {
    const x = round(left + index * each + each / 2);
    const day = days.get(date);
    const tick =
      index === 0 || (index + 1) % 5 === 0
        ? `<text x="${x}" y="${height + 16}" text-anchor="middle">${index + 1}</text>`
        : '';
    if (!day) return tick;
    const one = (way: 'out' | 'in', from: number) => {
      const high = round(height - y(day[way]));
      return high <= 0
        ? ''
        : `<rect class="${way}" x="${round(from)}" y="${y(day[way])}" width="${bar}" height="${high}" rx="1"/>`;
    };
    const told = `${month}-${date}: sent ${amount(day.out)}, received ${amount(day.in)}`;
    return `<g><title>${told}</title>${one('out', x - bar - 0.5)}${one('in', x + 0.5)}</g>${tick}`;
  });
  return `<svg viewBox="0 0 ${width} ${height + bottom}" role="img" aria-label="${asHtml(`Bytes sent and received by ${name}, day by day`)}">
<g class="grid">${lines.join('')}</g>
${bars.join('\n')}
</svg>`;
}

/** The steps of the scale: 1, 2 or 5 times a power of ten, at most five steps. */
function scaleFor(most: number): { step: number; top: number } {
  const power = 10 ** Math.floor(Math.log10(most));
  const step =
    [0.1, 0.2, 0.5, 1, 2].map((factor) => factor * power).find((one) => most / one <= 5) ?? 2 * power;
  return { step, top: Math.ceil(most / step) * step };
}

function datesOf(month: Month): string[] {
  return Array.from({ length: lengthOf(month) }, (_date, index) => String(index + 1).padStart(2, '0'));
}

function nameOf(month: Month): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  return date.toLocaleDateString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
}

/** With a narrow no-break space between figure and unit. */
function amount(bytes: number): string {
  return formatBytes(bytes).replace(/(?<=\d)(?=[A-Za-z])/, '\u202f');
}

/** With bit/s spelled out, as on an invoice. */
function speed(bits: number): string {
  return formatSpeed(bits).replace(
    /(?<=\d)([a-z]?)bit$/,
    (_all, scale: string) => `\u202f${scales[scale] ?? scale}bit/s`,
  );
}

const scales: Record<string, string> = { k: 'k', m: 'M', g: 'G', t: 'T' };

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function asHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
