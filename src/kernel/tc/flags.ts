// The options of queues that are one word on a line of tc, and in its JSON something else: `ecn` is true or left
// out, cake's `nonat` is "nat": false and its `flows` "flowmode": "flows".
import { diffservs, isolations } from '../../config/leaf.ts';

interface Flag {
  option: string;
  /** As differences show it. */
  value: string;
}

const flags: Record<string, Record<string, Flag>> = {
  fq_codel: { ...onOff('ecn', 'ecn', 'noecn') },
  cake: {
    unlimited: { option: 'bandwidth', value: 'unlimited' },
    ...words('diffserv', ...diffservs),
    ...words('flowmode', ...isolations),
    ...onOff('nat', 'nat', 'nonat'),
    ...onOff('wash', 'wash', 'nowash'),
    ...onOff('ack-filter', 'ack-filter', 'no-ack-filter'),
    ...onOff('split_gso', 'split-gso', 'no-split-gso'),
  },
};

function onOff(option: string, on: string, off: string): Record<string, Flag> {
  return { [on]: { option, value: 'on' }, [off]: { option, value: 'off' } };
}

function words(option: string, ...list: string[]): Record<string, Flag> {
  return Object.fromEntries(list.map((word) => [word, { option, value: word }]));
}

/** @returns nothing when the word is no such option of that kind */
export function flagNamed(kind: string, word: string): Flag | undefined {
  const known = flags[kind];
  return known && Object.hasOwn(known, word) ? known[word] : undefined;
}

/** @returns the word that sets it; nothing when it is no such option, or has a value that no word sets */
export function flagWord(kind: string, option: string, value: string | number): string | undefined {
  for (const word in flags[kind]) {
    const flag = flags[kind][word];
    if (flag?.option === option && flag.value === value) return word;
  }
  return undefined;
}

/** @returns what is set by a word, of a qdisc's options as tc -j prints them */
export function readFlags(kind: string, options: Record<string, unknown>): Record<string, string> {
  const names = Object.values(flags[kind] ?? {}).map(({ option }) => option);
  return Object.fromEntries(names.map((name) => [name, shown(options[name])]));
}

function shown(value: unknown): string {
  if (value === true || value === 'enabled') return 'on';
  if (value === undefined || value === false || value === 'disabled') return 'off';
  return String(value);
}
