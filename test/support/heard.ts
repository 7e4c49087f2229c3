// A context whose paths lie below a folder, and that keeps what it is told in place of saying it.
import { type Context, makeContext } from '../../src/operations/context.ts';

export interface Heard {
  context: Context;
  printed: string[];
  said: string[];
  details: string[];
  warned: string[];
}

export function hear(root: string, options: { verbose?: boolean } = {}): Heard {
  const [printed, said, details, warned]: [string[], string[], string[], string[]] = [[], [], [], []];
  const keep = (list: string[]) => (text: string) => {
    list.push(text);
  };
  const context: Context = {
    ...makeContext({ root, lockTimeout: '5', ...options }),
    print: keep(printed),
    say: keep(said),
    detail: keep(details),
    warn: keep(warned),
    progress: () => {},
  };
  return { context, printed, said, details, warned };
}
