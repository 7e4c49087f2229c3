// The context of every command: paths, timeouts and output. Data goes to stdout, messages to stderr; a hook of libvirt's must not
// write to stdout at all.

import { makePaths, type Paths } from '../store/paths.ts';
import { ConfigError } from '../system/errors.ts';
import { clearProgress, showProgress, speak } from '../system/speak.ts';

export interface CommonOptions {
  config?: string;
  rules?: string;
  root?: string;
  quiet?: boolean;
  verbose?: boolean;
  /** Seconds, as text of the command line. */
  lockTimeout?: string;
  timeout?: string;
}

export interface Context {
  paths: Paths;
  /** Seconds to wait for the lock. */
  lockTimeout: number;
  /** The timeout in seconds of one call of nft, tc or ip. */
  timeout: number;
  /** Whether --verbose was given. */
  verbose: boolean;
  /** Writes data to stdout. */
  print: (text: string) => void;
  /** Reports results; silent with --quiet. */
  say: (text: string) => void;
  /** Reports details, with --verbose only. */
  detail: (text: string) => void;
  /** Reports warnings, also with --quiet. */
  warn: (text: string) => void;
  /** Shows on a terminal what is waited for. */
  progress: (text: string) => void;
}

export function makeContext(options: CommonOptions): Context {
  const { config, rules, root } = options;
  for (const [name, value] of Object.entries({ config, rules, root })) {
    if (value === '') throw new ConfigError([{ severity: 'error', message: `--${name} is empty` }]);
  }
  const silent = () => {};
  return {
    paths: makePaths({
      ...(config ? { config } : {}),
      ...(rules ? { rules } : {}),
      ...(root ? { root } : {}),
    }),
    lockTimeout: seconds('--lock-timeout', options.lockTimeout ?? '60'),
    timeout: seconds('--timeout', options.timeout ?? '30'),
    verbose: options.verbose === true,
    print: (text) => {
      clearProgress();
      process.stdout.write(text);
    },
    say: options.quiet ? silent : (text) => speak('notice', text),
    detail: options.verbose ? (text) => speak('debug', text) : silent,
    warn: (text) => speak('warning', text),
    progress: options.quiet ? silent : showProgress,
  };
}

export function seconds(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 86_400) return value;
  const message = `${option} takes seconds, 0 to 86400, not "${text}"`;
  throw new ConfigError([{ severity: 'error', message }]);
}
