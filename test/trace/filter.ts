// The filters that pick marked frames out at a tap: fw and u32 compare the mark, classic BPF is a program, and it is
// run here as the kernel would run it.
import type { Words } from './words.ts';

export interface Filter {
  preference: number;
  /** The device it sends to. */
  redirect: string;
  matches: (mark: number) => boolean;
}

/** Reads from the preference on. */
export function readFilter(words: Words): Filter {
  words.expect('pref');
  const preference = Number(words.match(/\d+/));
  const matches = readMatch(words);
  words.expect('action', 'mirred', 'egress', 'redirect', 'dev');
  return { preference, redirect: words.match(/[^\s'"*/]{1,15}/), matches };
}

/** The handle is the mark that fw looks for; to BPF it is a name and nothing else. */
function readMatch(words: Words): Filter['matches'] {
  if (words.skip('u32', 'match', 'mark')) {
    const wanted = Number(words.match(/0x[0-9a-f]{1,8}/));
    words.expect('0xffffffff');
    return (mark) => mark === wanted;
  }
  words.expect('handle');
  const handle = Number(words.match(/0x[0-9a-f]{1,8}/));
  if (words.skip('fw')) return (mark) => mark === handle;
  words.expect('bpf', 'bytecode');
  const [length, ...code] = words
    .match(/'[\d, ]+'/)
    .slice(1, -1)
    .split(',');
  const program = code.map((instruction) => instruction.split(' ').map(Number));
  if (program.length !== Number(length)) throw words.unknown('a program of another length');
  return (mark) => run(program, mark);
}

/** Offset of the mark among the ancillary data of linux/filter.h: SKF_AD_OFF + SKF_AD_MARK. */
const markOffset = 2 ** 32 - 0x1000 + 20;

/** @returns whether it matches: it returns anything but 0 */
function run(program: number[][], mark: number): boolean {
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const [operation, ifTrue = 0, ifFalse = 0, k = 0] = program[at] ?? [];
    if (operation === 0x20 && k === markOffset)
      accumulator = mark; // ld [mark]
    else if (operation === 0x15)
      at += accumulator === k ? ifTrue : ifFalse; // jeq #k
    else if (operation === 0x06)
      return k !== 0; // ret #k
    else throw new Error(`the tracer does not understand BPF ${program[at]}`);
  }
}
