// Who reads the frame: a terminal that can be drawn on, or a pipe; which characters may be sent there, and how many columns
// there are.

type Surroundings = Pick<NodeJS.Process, 'stdout' | 'env'>;

export function isScreen({ stdout, env: { TERM } }: Surroundings): boolean {
  return stdout.isTTY === true && TERM !== undefined && TERM !== '' && TERM !== 'dumb';
}

/** Decided by the locale, as in C programs; the Linux console has few glyphs in any locale. */
export function isUnicode({ env: { LC_ALL, LC_CTYPE, LANG, TERM } }: Pick<Surroundings, 'env'>): boolean {
  return TERM !== 'linux' && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}

/** The width of the terminal, or that in COLUMNS; nothing where a frame would have no room. */
export function widthAsked({ stdout, env }: Surroundings): number | undefined {
  const width = stdout.isTTY ? stdout.columns : Number(env.COLUMNS);
  return width >= 20 ? width : undefined;
}
