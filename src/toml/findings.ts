// Collects the problems of all files, so that one run shows all of them. While a file cannot be read, an entry that seems to
// be missing may be in that file: such problems are not reported until all files can be read.
import { ConfigError, type Problem, type Source } from '../system/errors.ts';
import { byPlace } from './place.ts';
import type { SourceFile } from './source-file.ts';

export class Findings {
  private readonly found = new Map<string, Problem>();
  private readonly files = new Map<string, SourceFile>();
  private complete = true;

  /** Adds a file whose lines are quoted under messages. */
  addFile(file: SourceFile): void {
    this.files.set(file.name, file);
  }

  /** Returns undefined, so that a decoder can `return findings.error(...)`. */
  error(at: Source | undefined, message: string, hint?: string): undefined {
    this.add('error', at, message, hint);
  }

  warning(at: Source, message: string, hint?: string): void {
    this.add('warning', at, message, hint);
  }

  /** Adds an error that leaves the content of a file unknown: it cannot be opened, is not trusted, or is no TOML. */
  unreadable(at: Source | undefined, message: string, hint?: string): undefined {
    this.complete = false;
    this.error(at, message, hint);
  }

  /** Adds an error about an entry that no file has. */
  absence(at: Source, message: string, hint?: string): undefined {
    if (this.complete) this.error(at, message, hint);
  }

  /** @throws ConfigError with all problems, in the order of the files, when at least one of them is an error */
  throwErrors(): void {
    if (this.inOrder().some((problem) => problem.severity === 'error')) throw new ConfigError(this.inOrder());
  }

  /** All problems, sorted by place; those without a place come first. */
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
    // Two equal problems count as one: the values of a guest on several uplinks are checked for each uplink.
    this.found.set(JSON.stringify(problem), problem);
  }
}
