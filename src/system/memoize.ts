// The same text is the same object: of the rules in force and those to be loaded, and of what the kernel says before
// and after, nearly every line is the same, and reading a line costs more than looking it up.

/** For functions of a text alone, whose results nobody changes, in a process that ends soon. */
export function memoize<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = read(text);
    known.set(text, made);
    return made;
  };
}
