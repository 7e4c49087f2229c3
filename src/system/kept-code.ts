// What V8 has compiled of this run is worth keeping for the next guest's start (launch.ts). Any run leaves something, but
// one that took another way lacks functions, which a start would then compile while its guest waits.

/** Given by the launcher; not there when the program runs from its source. */
declare const noteStart: (() => void) | undefined;

/** A guest has been shaped at its start, by the way that most starts take. */
export function keepCodeOfStart(): void {
  if (typeof noteStart === 'function') noteStart();
}
