// What to do from here to the first guest that is shaped: one sequence, wherever it is told. The manual page, the documents
// and the comments of a first configuration have it too (test/unit/text/first-steps.test.ts).

export const firstSteps = ['doctor', 'init', 'check', 'hooks install', 'apply', 'status'];

/** From a command on, as a line to type. */
export function stepsAfter(step: string): string {
  const next = firstSteps.slice(firstSteps.indexOf(step) + 1);
  return next.map((command) => `virt-shaper ${command}`).join(', ');
}
