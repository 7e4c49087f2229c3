// The styles of text on the screen of `explain`.
import type { Line, Span } from '../../text/spans.ts';

export function heading(text: string): Line {
  return [strong(text)];
}

export function row(spans: Span[]): Line {
  return [plain('  '), ...spans.filter(({ text }) => text !== '')];
}

export function plain(text: string): Span {
  return { text };
}

export function dim(text: string): Span {
  return { text, style: 'dim' };
}

export function strong(text: string): Span {
  return { text, style: 'strong' };
}

export function warning(text: string): Span {
  return { text, style: 'warning' };
}
