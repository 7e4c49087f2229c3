// "Did you mean": the known word that a mistyped one was probably meant to be. Says nothing when it is not
// sure: a wrong suggestion costs a tired reader more than none.

/** The candidate within one or two typing mistakes of `word` (case does not count), or undefined. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  // Nobody mistypes a word this long; the arithmetic below is quadratic in it.
  if (typed.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = typed.length < 4 ? 1 : 2;
  for (const candidate of candidates) {
    const distance = typingMistakes(typed, candidate.toLowerCase());
    // A word that shares no letter with the typed one is not a typo of it ("x" for "id").
    if (distance >= typed.length || distance > bestDistance) continue;
    if (best !== undefined && distance === bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Insertions, deletions, replacements and swapped neighbours (optimal string alignment distance). */
function typingMistakes(a: string, b: string): number {
  // A difference in length alone is already too far.
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? at(beforeLast, j - 2) + 1
          : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: number[], index: number) => row[index] ?? Number.POSITIVE_INFINITY;
