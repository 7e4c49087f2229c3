// Changes single words or elements of a ruleset's text. All else stays as it is written: comments, order, and what a template of
// one's own has beside it.
import { noTable } from './table.ts';

/**
 * Replaces class ids in a ruleset, outside of comments and strings.
 * @returns undefined when one of the ids does not occur
 */
export function withClasses(ruleset: string, instead: Map<string, string>): string | undefined {
  const found = new Set<string>();
  const text = ruleset.replace(/"[^"\n]*"|#[^\n]*|(?<![\w:.])[0-9a-f]+:[0-9a-f]+(?![\w:.])/g, (word) => {
    const other = instead.get(word);
    if (other) found.add(word);
    return other ?? word;
  });
  return found.size === instead.size ? text : undefined;
}

/** @param ruleset a file of rules.d, with an element on each line, or a listing of nft */
export function withoutElements(ruleset: string, isLost: (key: string) => boolean): string {
  let isAnyLeft = false;
  const text = ruleset.replace(
    /(^[ \t]*)?("[^"\n]+" \. (?:"[^"\n]+"|0x[0-9a-f]+)) : (?:goto [\w-]+|[0-9a-f]+:[0-9a-f]+)(?:,(?:[ \t]*#[^\n]*)?(\n)?)?/gm,
    (all, begin: string | undefined, key: string, end: string | undefined) => {
      if (!isLost(key)) {
        isAnyLeft = true;
        return all;
      }
      return begin !== undefined && end !== undefined ? '' : `${begin ?? ''}${end ?? ''}`;
    },
  );
  return isAnyLeft ? text.replace(/[ \t]*elements = \{\s*\}\n?/g, '') : noTable;
}
