// Which test files can share one process: most of what such a file takes by itself is the start of Node.js and of what it
// imports.

/** Seconds each, of which nothing is about what the core does: other programs, the runner, documents, packages. */
const slow =
  /^unit\/.*(archive|bench|completion|hook-file|import|kernels|launch|printers|top\/live|documents\/(documents|try-out)|support|version|system\/files|speak)|^fuzz\/domain-xml/;

/** @param file from test/ on */
export function isQuick(file: string): boolean {
  return !slow.test(file);
}
