// The bare counterpart: what virt-shaper has nft, tc and ip do, done again by a plain shell. A stand-in on PATH
// writes down each call with all it reads; played back, the same calls come one after another.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { shellQuote } from '../../../src/hooks/hook-file.ts';

/** Those whose work is asked for, and those who only serve us. */
const workers = ['nft', 'tc', 'ip'];
const servants = ['flock', 'logger', 'unshare', 'timeout'];

export interface Call {
  tool: string;
  /** Files that it reads are copies of what they held. */
  args: string[];
  /** A file with what it read from stdin. */
  stdin?: string;
  status: number;
}

export class Recorder {
  readonly #bin: string;
  readonly #calls: string;

  /** @param folder is made; what is recorded stays in it */
  constructor(readonly folder: string) {
    this.#bin = join(folder, 'bin');
    this.#calls = join(folder, 'calls');
    for (const made of [this.#bin, this.#calls]) mkdirSync(made, { recursive: true });
    for (const tool of [...workers, ...servants]) {
      const real = whichOf(tool);
      if (real) writeFileSync(join(this.#bin, tool), standIn(tool, real, this.#calls), { mode: 0o755 });
    }
  }

  /** What makes a command run the stand-ins. */
  get env(): Record<string, string> {
    return { PATH: `${this.#bin}${delimiter}${process.env.PATH ?? ''}` };
  }

  /** In the order in which they began. */
  calls(): Call[] {
    const numbers = readdirSync(this.#calls)
      .map(Number)
      .sort((a, b) => a - b);
    return numbers.map((number) => this.#read(join(this.#calls, String(number))));
  }

  #read(folder: string): Call {
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const [tool = '', ...args] = read('words').split('\0').slice(0, -1);
    const copies = args.map((arg, index) => {
      const copy = join(folder, `file-${index}`);
      return existsSync(copy) ? copy : arg;
    });
    const stdin = join(folder, 'stdin');
    return { tool, args: copies, ...(existsSync(stdin) ? { stdin } : {}), status: Number(read('status')) };
  }
}

/** Whether it is nft, tc or ip. */
export function isWork({ tool }: Call): boolean {
  return workers.includes(tool);
}

/** Whether it may change the kernel: by a word of its own, or in a line of its batch. */
export function isChange({ args, stdin }: Call): boolean {
  const batch = args[args.indexOf('-batch') + 1];
  if (!args.includes('-batch') || !batch) return !isQuestion(args);
  const lines = readFileSync(batch === '-' ? (stdin ?? '/dev/null') : batch, 'utf8').split('\n');
  return lines.some((line) => line.trim() !== '' && !isQuestion(line.split(/\s+/)));
}

/** `-c` lets nft check a ruleset only. */
function isQuestion(words: string[]): boolean {
  return ['show', 'list', '-c'].some((word) => words.includes(word));
}

/** Writes a shell script that does the same. @param first what comes before, e.g. a start of Node.js */
export function writeReplay(file: string, calls: Call[], first: string[] = []): string {
  const lines = calls.map(({ tool, args, stdin, status }) => {
    const words = [tool, ...args].map(shellQuote).join(' ');
    const call = `${words} </dev/null >/dev/null 2>&1`.replace(
      '/dev/null',
      stdin ? shellQuote(stdin) : '/dev/null',
    );
    return status === 0 ? `${call} || exit` : `${call} ; [ $? = ${status} ] || exit 1`;
  });
  writeFileSync(file, `#!/bin/sh\n${[...first, ...lines].join('\n')}\n`, { mode: 0o755 });
  return file;
}

/** A start of Node.js that does nothing, as a line of a script. */
export const nodeStart = `${shellQuote(process.execPath)} -e 0 </dev/null || exit`;

function whichOf(tool: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return folders.map((folder) => join(folder, tool)).find((path) => existsSync(path));
}

/** Calls run at the same time: a folder's name is a number that nobody else could take. */
function standIn(tool: string, real: string, calls: string): string {
  return `#!/bin/sh
k=0
while k=$((k + 1)) && ! mkdir ${shellQuote(calls)}/$k 2>/dev/null; do :; done
here=${shellQuote(calls)}/$k
printf '%s\\0' ${tool} "$@" >"$here/words"
n=0
reads=
for word; do
  case $word in -) reads=1 ;; esac
  if [ -f "$word" ]; then cp "$word" "$here/file-$n"; fi
  n=$((n + 1))
done
if [ "$reads" ]; then
  cat >"$here/stdin"
  exec <"$here/stdin"
fi
${shellQuote(real)} "$@"
status=$?
echo $status >"$here/status"
exit $status
`;
}
