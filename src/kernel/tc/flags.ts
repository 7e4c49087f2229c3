// Options of qdiscs that are a single word on a line of tc and differ from that in its JSON: `ecn` is true or absent, cake's
// `nonat` is "nat": false and its `flows` is "flowmode": "flows".
import { diffservs, isolations } from '../../config/leaf.ts';

interface Flag {
  option: string;
  /** As printed in differences. */
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

/** @returns undefined when the kind of qdisc has no such option */
export function flagNamed(kind: string, word: string): Flag | undefined {
  const known = flags[kind];
  return known && Object.hasOwn(known, word) ? known[word] : undefined;
}

/** @returns the word that sets the option; undefined when there is none for this option or value */
export function flagWord(kind: string, option: string, value: string | number): string | undefined {
  for (const word in flags[kind]) {
    const flag = flags[kind][word];
    if (flag?.option === option && flag.value === value) return word;
  }
  return undefined;
}

/** @returns those of a qdisc's options in tc -j that are set by words */
export function readFlags(kind: string, options: Record<string, unknown>): Record<string, string> {
  const names = Object.values(flags[kind] ?? {}).map(({ option }) => option);
  return Object.fromEntries(names.map((name) => [name, shown(options[name])]));
}

function shown(value: unknown): string {
  if (value === true || value === 'enabled') return 'on';
  if (value === undefined || value === false || value === 'disabled') return 'off';
  return String(value);
}
