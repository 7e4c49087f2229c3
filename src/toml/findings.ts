// Collects the problems of all files, so that one run shows them all. When one file could not be read, what
// seems to be missing may stand there: such problems are held back until everything is readable.
import { ConfigError, type Problem, type Source } from '../system/errors.ts';
import { byPlace } from './place.ts';
import type { SourceFile } from './source-file.ts';

export class Findings {
  private readonly found = new Map<string, Problem>();
  private readonly files = new Map<string, SourceFile>();
  private complete = true;

  /** Makes the lines of a file known, for the text under a message. */
  addFile(file: SourceFile): void {
    this.files.set(file.name, file);
  }

  /** Gives undefined, so that a decoder can end with it. */
  error(at: Source | undefined, message: string, hint?: string): undefined {
    this.add('error', at, message, hint);
  }

  warning(at: Source, message: string, hint?: string): void {
    this.add('warning', at, message, hint);
  }

  /** The content of a file is not known: it cannot be opened, is not to be trusted, or is no TOML. */
  unreadable(at: Source | undefined, message: string, hint?: string): undefined {
    this.complete = false;
    this.error(at, message, hint);
  }

  /** An error that consists in something not being written anywhere. */
  absence(at: Source, message: string, hint?: string): undefined {
    if (this.complete) this.error(at, message, hint);
  }

  /** Throws a ConfigError with all problems, in the order of the files, if one of them is an error. */
  throwErrors(): void {
    if (this.inOrder().some((problem) => problem.severity === 'error')) throw new ConfigError(this.inOrder());
  }

  /** Sorted by place; what belongs to no line of a file comes first. */
  inOrder(): Problem[] {
    return [...this.found.values()].sort((a, b) =>
      a.at && b.at ? byPlace(a.at, b.at) : Number(a.at !== undefined) - Number(b.at !== undefined),
    );
  }

  private add(severity: Problem['severity'], at: Source | undefined, message: string, hint?: string): void {
    const text = at && this.files.get(at.file)?.line(at.line);
    const problem: Problem = {
      severity,
      message,
      ...(at && { at }),
      ...(hint !== undefined && { hint }),
      ...(text !== undefined && { text }),
    };
    // The same values may meet twice (a guest on several uplinks): one problem.
    this.found.set(JSON.stringify(problem), problem);
  }
}
