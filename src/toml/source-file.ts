// One configuration file as text, and the way from an offset in it to line and column. Columns count
// characters as an editor does, not the UTF-16 units that offsets count.
import type { Source } from '../system/errors.ts';

export class SourceFile {
  private readonly lineStarts: number[];

  /** `name` is what messages call the file. */
  constructor(
    readonly name: string,
    readonly text: string,
  ) {
    this.lineStarts = [0, ...Array.from(text.matchAll(/\n/g), (newline) => newline.index + 1)];
  }

  /** The place of an offset in UTF-16 units. */
  place(offset: number): Source {
    let line = 0;
    for (let after = this.lineStarts.length; after - line > 1; ) {
      const middle = (line + after) >> 1;
      if (this.start(middle) <= offset) line = middle;
      else after = middle;
    }
    const column = [...this.text.slice(this.start(line), offset)].length + 1;
    return { file: this.name, line: line + 1, column };
  }

  /** The offset of a line and column that count UTF-16 units from 1, as the toml package's errors do. */
  offset(line: number, column: number): number {
    return this.start(line - 1) + column - 1;
  }

  /** A line without its end. */
  line(number: number): string {
    return this.text.slice(this.start(number - 1), this.start(number)).replace(/\r?\n$/, '');
  }

  private start(index: number): number {
    return this.lineStarts[index] ?? this.text.length;
  }
}
