// Pages whose text is written by people and whose tables are written by a command, between
//
//     <!-- TAG: NAME -->
//     <!-- /TAG -->

/**
 * @param contentOf what stands between the markers of a name, and did before; nothing: what is there stays
 * @param names that must have their place
 * @throws Error when one has none
 */
export function fillMarked(
  text: string,
  tag: string,
  contentOf: (name: string, former: string) => string | undefined,
  names: string[],
): string {
  const places = new Set<string>();
  const marked = new RegExp(`(<!-- ${tag}: ([\\w-]+) -->\\n)(.*?)(<!-- \\/${tag} -->)`, 'gs');
  const filled = text.replace(marked, (_, begin: string, name: string, former: string, end: string) => {
    places.add(name);
    return `${begin}${contentOf(name, former) ?? former}${end}`;
  });
  const lost = names.filter((name) => !places.has(name));
  if (lost.length > 0) throw new Error(`the page has no place for ${lost.join(', ')}`);
  return filled;
}
