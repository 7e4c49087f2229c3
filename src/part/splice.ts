// Applies the difference between two versions of an extract to the whole text, as patch(1) does with the lines around a
// change. These lines have to occur in the whole text exactly once; otherwise nothing is applied.

interface Hunk {
  /** The last unchanged line before the hunk; absent at the beginning of the text, as is `after` at its end. */
  before: string | undefined;
  from: string[];
  to: string[];
  after: string | undefined;
}

/**
 * @param whole the text that is changed
 * @param from the former extract of it
 * @param to the present extract
 * @returns undefined where the place of a change is missing or ambiguous
 */
export function splice(whole: string, from: string, to: string): string | undefined {
  if (from === to) return whole;
  const edits: { start: number; end: number; text: string }[] = [];
  for (const { before, from: old, to: fresh, after } of hunksOf(from.split('\n'), to.split('\n'))) {
    if (before === undefined) return undefined;
    const head = `\n${before}\n`;
    const found = `${head}${linesOf(old)}`;
    const start = only(whole, after === undefined ? found : `${found}${after}\n`);
    if (start === undefined || (after === undefined && start + found.length !== whole.length))
      return undefined;
    edits.push({ start: start + head.length, end: start + found.length, text: linesOf(fresh) });
  }
  edits.sort((a, b) => a.start - b.start);
  if (edits.some(({ start }, index) => start < (edits[index - 1]?.end ?? 0))) return undefined;
  const pieces = edits.map(({ start, text }, index) => whole.slice(edits[index - 1]?.end ?? 0, start) + text);
  return pieces.join('') + whole.slice(edits.at(-1)?.end ?? 0);
}

function linesOf(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** @returns the offset of `piece`; undefined where `text` has it never or more than once */
function only(text: string, piece: string): number | undefined {
  const at = text.indexOf(piece);
  return at < 0 || text.indexOf(piece, at + 1) >= 0 ? undefined : at;
}

/** The differences between lines that both have exactly once. These keep their order, since rendered lines are sorted. */
function hunksOf(from: string[], to: string[]): Hunk[] {
  // Both end with a newline, so the last element is empty and no line.
  const [a, b] = [from.slice(0, -1), to.slice(0, -1)];
  const [inA, inB] = [placesOf(a), placesOf(b)];
  const hunks: Hunk[] = [];
  let [doneA, doneB] = [0, 0];
  let before: string | undefined;
  const cut = (endA: number, endB: number, after?: string) => {
    const [old, fresh] = [a.slice(doneA, endA), b.slice(doneB, endB)];
    if (old.join('\n') !== fresh.join('\n') || old.length !== fresh.length)
      hunks.push({ before, from: old, to: fresh, after });
  };
  for (const [index, line] of a.entries()) {
    const other = inB.get(line);
    if (line === '' || inA.get(line) === twice || other === undefined || other < doneB) continue;
    cut(index, other, line);
    [doneA, doneB, before] = [index + 1, other + 1, line];
  }
  cut(a.length, b.length);
  return hunks;
}

const twice = -1;

function placesOf(lines: string[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [index, line] of lines.entries()) places.set(line, places.has(line) ? twice : index);
  return places;
}
