// How two lists of lines differ.

export interface Apart {
  /** Lines that only the first list has, in its order. */
  gone: string[];
  /** Lines that only the second list has, in its order. */
  come: string[];
}

export function apart(from: string[], to: string[]): Apart {
  const [former, next] = [new Set(from), new Set(to)];
  return { gone: from.filter((line) => !next.has(line)), come: to.filter((line) => !former.has(line)) };
}

/** @returns undefined where the lines that both lists have are in another order */
export function apartInOrder(from: string[], to: string[]): Apart | undefined {
  // Equal beginnings and ends are skipped first: mostly one line differs among a thousand.
  const least = Math.min(from.length, to.length);
  let [head, tail] = [0, 0];
  while (head < least && from[head] === to[head]) head += 1;
  while (tail < least - head && from.at(-1 - tail) === to.at(-1 - tail)) tail += 1;
  const [some, others] = [from.slice(head, from.length - tail), to.slice(head, to.length - tail)];
  const found = apart(some, others);
  const [gone, come] = [new Set(found.gone), new Set(found.come)];
  const stay = some.filter((line) => !gone.has(line));
  const stayed = others.filter((line) => !come.has(line));
  const isInOrder = stay.length === stayed.length && stay.every((line, index) => line === stayed[index]);
  return isInOrder ? found : undefined;
}
