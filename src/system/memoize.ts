// What is made at most once.

/**
 * Of the rules in force and those to be loaded, and of what the kernel says before and after, nearly every line is the same,
 * and reading a line costs more than looking it up. For pure functions of a text whose results are not modified. The cache has no
 * bound: the process ends soon.
 */
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

/** Made when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
