// What an importer has to say about the old file, each with the line it is about. An error is something that
// could not be taken over, a warning something that was taken over with a change or an assumption;
// neither stops the import.

import type { Problem, Source } from '../system/errors.ts';
import { printable } from '../system/printable.ts';
import { byPlace } from '../toml/place.ts';
import type { SourceFile } from '../toml/source-file.ts';

/** Nobody reads more, and each takes as long as its line. */
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

  /** In the order of the file's lines. */
  inOrder(): Problem[] {
    const inOrder: Problem[] = [...this.noted].sort((a, b) => byPlace(a.at, b.at));
    if (this.unsaid === 0) return inOrder;
    return [...inOrder, { severity: 'error', message: `and ${this.unsaid} more of the kind` }];
  }

  get count(): number {
    return this.noted.length;
  }

  /** What was noted after there were so many, as lines for the comments of the new file. */
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

/** Text of the old file in the middle of a message: one line, no control characters, not too long. */
export function quote(text: string): string {
  const shown = [...printable(text.replace(/\s+/g, ' '))];
  return `"${shown.length > 40 ? `${shown.slice(0, 39).join('')}…` : shown.join('')}"`;
}
