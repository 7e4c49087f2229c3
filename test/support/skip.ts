// A skipped test says why. uvu's own test.skip cannot, so tests use this, and the runner lists what it prints.
//
//   const test = unless(needsNamespace() ?? needsCommand('nft', 'tc'));   // a whole file
//   unless(needsCommand('iperf3'))('shares the link', () => { ... });     // one test

import { test as always, type Test } from 'uvu';

/** What a line on stdout about a skipped test begins with. */
export const skipMark = 'skipped: ';

/** `on` itself, or, given a reason, a stand-in that runs neither tests nor hooks and says why. */
export function unless(reason: string | undefined, on: Test = always): Test {
  if (reason === undefined) return on;
  const skip = (name = '') => {
    console.log(`${skipMark}${name} -- ${reason}`.replace(/\s*\n\s*/g, ' '));
    on.skip();
  };
  const hook = Object.assign(() => {}, { each: () => {} });
  return Object.assign(skip, { only: skip, skip, before: hook, after: hook, run: on.run });
}
