// The text of a configuration file, with the conversion of offsets to lines and columns. Columns count characters, as
// editors do; offsets count UTF-16 units.
import type { Source } from '../system/errors.ts';

export class SourceFile {
  private readonly lineStarts: number[];

  /** @param name of the file in messages */
  constructor(
    readonly name: string,
    readonly text: string,
  ) {
    this.lineStarts = [0, ...Array.from(text.matchAll(/\n/g), (newline) => newline.index + 1)];
  }

  /** @param offset in UTF-16 units */
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

  /** @param column in UTF-16 units; both count from 1, as in the errors of the toml package */
  offset(line: number, column: number): number {
    return this.start(line - 1) + column - 1;
  }

  /** @returns a line without its line end */
  line(number: number): string {
    return this.text.slice(this.start(number - 1), this.start(number)).replace(/\r?\n$/, '');
  }

  private start(index: number): number {
    return this.lineStarts[index] ?? this.text.length;
  }
}
