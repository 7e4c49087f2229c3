// The little of mdoc(7) that a test wants to know of a manual page: its tables of commands or keys, and the text of
// its literal blocks, above each of which a comment says what it is.

/** A `.It` line: the words of its macros, e.g. `Fl -confirm Ar seconds`. */
export interface Item {
  head: string;
  /** Of the section, or subsection, that it stands in. */
  under: string;
}

/** In order, those of nested lists too. */
export function itemsOf(page: string): Item[] {
  let under = '';
  const joined = page.replace(/^\.It Xo\n(.*?)^\.Xc$/gms, (_, lines: string) => {
    return `.It ${lines.replace(/^\./gm, '').trim().replaceAll('\n', ' ')}`;
  });
  return joined.split('\n').flatMap((line) => {
    const [, macro, rest = ''] = line.match(/^\.(Sh|Ss|It) (.*)$/) ?? [];
    if (macro === undefined) return [];
    if (macro === 'It') return { head: rest, under };
    under = rest;
    return [];
  });
}

/** What stands in a section, its subsections too. */
export function sectionOf(page: string, name: string): string {
  return page.split(/^\.Sh /m).find((section) => section.startsWith(`${name}\n`)) ?? '';
}

export function headingsOf(page: string): string[] {
  return [...page.matchAll(/^\.Ss (.*)$/gm)].map(([, heading = '']) => heading);
}

/** @throws when nothing above a block says what it is */
export function literalsOf(page: string): { kind: string; text: string }[] {
  const blocks = [...page.matchAll(/(^\.\\" (\w+)\n)?^\.Bd -literal[^\n]*\n(.*?)^\.Ed$/gms)];
  return blocks.map(([block, , kind, text = '']) => {
    if (kind === undefined) throw new Error(`of what kind is this?\n${block}`);
    return { kind, text: asRead(text) };
  });
}

/** As a person reads it. */
export function asRead(text: string): string {
  const characters: Record<string, string> = { aq: "'", dq: '"', ha: '^', ti: '~', ga: '`' };
  return text.replace(/\\(?:\((\w\w)|(.))/g, (whole, name: string | undefined, character: string) => {
    if (name !== undefined) return characters[name] ?? whole;
    return { e: '\\', '-': '-', '&': '', ' ': ' ' }[character] ?? whole;
  });
}
