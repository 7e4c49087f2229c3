// What the launcher (launch.ts) tells the program, and is told by it. Nothing of it is there when the program runs from its
// source.

interface Launched {
  /** Which build of the program this is, on which Node.js: what another one has left in memory's form is not taken. */
  build: string;
  /** A guest has been shaped at its start: of such a run what V8 has compiled is worth keeping. */
  noteStart: () => void;
}

declare const launched: Launched | undefined;

export function launcher(): Launched | undefined {
  return typeof launched === 'undefined' ? undefined : launched;
}
