// A ruleset of our own form, taken apart: a chain for each guest and direction, the elements that lead there, and the
// frame, which is the same however many guests there are. Read alike from a file of rules.d and from what nft lists,
// so that the two can be compared although nft orders and indents otherwise.

export interface TableParts {
  /** Chain name -> its only rule. */
  chains: Map<string, string>;
  /** `"vnet0" . "eth0"` -> chain name. */
  elements: Map<string, string>;
  /** All other lines, without comments. */
  frame: string;
}

const chainHead = /^\tchain ([\w-]+) \{$/;
const chainRule = /^\t\t(meta mark set \S+ meta priority set \S+ comment "[^"]*")$/;
const listHead = /^\t\telements = \{/;
const element = /^\s*("[^"]+" \. "[^"]+") : goto ([\w-]+)(?:,| \}|$)/;

export function takeApart(table: string): TableParts {
  const chains = new Map<string, string>();
  const elements = new Map<string, string>();
  const frame: string[] = [];
  const lines = table.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const name = line.match(chainHead)?.[1];
    const rule = lines[index + 1]?.match(chainRule)?.[1];
    if (name !== undefined && rule !== undefined && lines[index + 2] === '\t}') {
      chains.set(name, rule);
      index += 2;
    } else if (listHead.test(line)) {
      index = readElements(lines, index, elements);
    } else if (!/^\s*(?:#|$)/.test(line)) frame.push(line);
  }
  return { chains, elements, frame: frame.join('\n') };
}

/** nft begins and ends the list in the lines of its first and last element. @returns the index of its last line */
function readElements(lines: string[], first: number, elements: Map<string, string>): number {
  for (let index = first; index < lines.length; index += 1) {
    const line = (lines[index] ?? '').replace(listHead, '');
    const [, pair, target] = line.match(element) ?? [];
    if (pair !== undefined && target !== undefined) elements.set(pair, target);
    if (/^\s*\}$/.test(line) || (pair !== undefined && line.endsWith(' }'))) return index;
  }
  return lines.length;
}

/** Whether two tables lead the same frames to the same marks and classes. */
export function sameGuests(a: TableParts, b: TableParts): boolean {
  return sameEntries(a.chains, b.chains) && sameEntries(a.elements, b.elements);
}

function sameEntries(a: Map<string, string>, b: Map<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
