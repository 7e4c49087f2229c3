// The last line: the input line of a prompt; otherwise which rows are visible, and the most important keys that fit.
import { label } from '../text/label.ts';
import { fitLine, type Line, lineWidth, type Span } from '../text/spans.ts';
import type { Shown, View } from './view.ts';

const hints = [
  'h help',
  'q quit',
  '< > sort',
  'r reverse',
  '/ filter',
  'g groups',
  'Enter explain',
  'u uplink',
  'i busy only',
  'p pause',
  'd interval',
];

/** Exactly `width` columns. */
export function footer(view: View, shown: Shown, width: number): Line {
  switch (view.mode) {
    case 'filter':
      return prompt('Names with', view.input, 'Enter keeps it, Esc shows all', width);
    case 'interval':
      return prompt('Seconds between two readings', view.input, `now ${view.interval}`, width);
    case 'sort':
      return fitLine([{ text: 'Up Down  Enter takes it  Esc leaves', style: 'dim' }], width);
    case 'help':
      return fitLine(withHints([], ['any key leads back', 'Up Down scroll'], width), width);
    case 'explain':
      return fitLine(withHints([], ['Esc back', 'Up Down scroll'], width), width);
    default:
      return fitLine(withHints(wherePart(view, shown), hints, width), width);
  }
}

function prompt(question: string, input: string, hint: string, width: number): Line {
  const spans: Span[] = [
    { text: `${question}: `, style: 'strong' },
    { text: input === '' ? '' : label(input) },
    { text: '_', style: 'chosen' },
    { text: `  ${hint}`, style: 'dim' },
  ];
  return fitLine(spans, width);
}

function wherePart({ filter, uplink, busyOnly }: View, { first, rows, page }: Shown): Line {
  const chosen = [
    ...(filter ? [`with ${label(filter)}`] : []),
    ...(uplink === undefined ? [] : [`on ${uplink}`]),
    ...(busyOnly ? ['busy'] : []),
  ].join(' ');
  const seen = rows > page ? `${first + 1}-${Math.min(rows, first + page)} of ${rows}` : '';
  return [
    ...(seen ? [{ text: `${seen}  ` }] : []),
    ...(chosen ? [{ text: `${rows > page ? '' : `${rows} `}${chosen}  `, style: 'strong' as const }] : []),
  ];
}

function withHints(line: Line, some: string[], width: number): Line {
  const all = [...line];
  for (const [at, hint] of some.entries()) {
    const text = at === 0 ? hint : `  ${hint}`;
    if (lineWidth(all) + text.length > width) break;
    all.push({ text, style: 'dim' });
  }
  return all;
}
