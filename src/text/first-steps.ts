// The commands from installation to the first shaped guest: one sequence for all hints. The manual page, the documents and
// the comments of a first configuration repeat it, and a test compares them (test/unit/text/first-steps.test.ts).

export const firstSteps = ['doctor', 'init', 'check', 'hooks install', 'apply', 'status'];

/** The commands that follow a step, in one line: `virt-shaper check, virt-shaper apply`. */
export function stepsAfter(step: string): string {
  const next = firstSteps.slice(firstSteps.indexOf(step) + 1);
  return next.map((command) => `virt-shaper ${command}`).join(', ');
}
