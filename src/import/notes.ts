// The diagnostics of an import, each with the line that it is about. An error is a limit that could not be converted, a
// warning one that was converted with a change or an assumption; neither stops the import.

import type { Problem, Source } from '../system/errors.ts';
import { printable } from '../system/printable.ts';
import { byPlace } from '../toml/place.ts';
import type { SourceFile } from '../toml/source-file.ts';

/** The most diagnostics that are kept: nobody reads more, and finding the line of each takes time. */
const most = 200;

export class Notes {
  private readonly noted: (Problem & { at: Source })[] = [];
  private unsaid = 0;

  constructor(private readonly file: SourceFile) {}

  error(offset: number, message: string, hint?: string): void {
    this.add('error', offset, message, hint);
  }

  warning(offset: number, message: string, hint?: string): void {
    this.add('warning', offset, message, hint);
  }

  /** The diagnostics, in the order of the file's lines. */
  inOrder(): Problem[] {
    const inOrder: Problem[] = [...this.noted].sort((a, b) => byPlace(a.at, b.at));
    if (this.unsaid === 0) return inOrder;
    return [...inOrder, { severity: 'error', message: `and ${this.unsaid} more of the kind` }];
  }

  get count(): number {
    return this.noted.length;
  }

  /** @returns the diagnostics added after the first `count`, as lines for a comment of the TOML */
  since(count: number): string[] {
    return this.noted.slice(count).map(({ at, message }) => `line ${at.line}: ${message}`);
  }

  private add(severity: Problem['severity'], offset: number, message: string, hint?: string): void {
    if (this.noted.length >= most) {
      this.unsaid += 1;
      return;
    }
    const at = this.file.place(offset);
    const text = this.file.line(at.line);
    this.noted.push({ severity, at, message, text, ...(hint !== undefined && { hint }) });
  }
}

/** A quotation from the imported file inside a message: one line, no control characters, truncated. */
export function quotation(text: string): string {
  const shown = [...printable(text.replace(/\s+/g, ' '))];
  return `"${shown.length > 40 ? `${shown.slice(0, 39).join('')}…` : shown.join('')}"`;
}
