// What every command is given: where things are, and how to speak. Data goes to stdout, everything said to
// people to stderr; in hook mode nobody may write to stdout at all.
import { makePaths, type Paths } from '../paths.ts';

export interface CommonOptions {
  config?: string;
  rules?: string;
  root?: string;
  quiet?: boolean;
  verbose?: boolean;
}

export interface Context {
  paths: Paths;
  /** Data, to stdout. */
  print: (text: string) => void;
  /** Progress and results; silent with --quiet. */
  say: (text: string) => void;
  /** Details; with --verbose only. */
  detail: (text: string) => void;
  /** What must be heard. */
  warn: (text: string) => void;
}

export function makeContext(options: CommonOptions): Context {
  const { config, rules, root } = options;
  const toStderr = (text: string) => {
    process.stderr.write(`${text}\n`);
  };
  const silent = () => {};
  return {
    paths: makePaths({
      ...(config ? { config } : {}),
      ...(rules ? { rules } : {}),
      ...(root ? { root } : {}),
    }),
    print: (text) => {
      process.stdout.write(text);
    },
    say: options.quiet ? silent : toStderr,
    detail: options.verbose ? toStderr : silent,
    warn: toStderr,
  };
}

export function lockWaiting(context: Context): () => void {
  return () => context.say('waiting for another virt-shaper to end');
}
