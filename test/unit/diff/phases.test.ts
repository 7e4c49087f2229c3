// In which phase of a load what is changed: a setting is there before any frame needs it, and goes back after the last.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../src/diff/compare.ts';
import { planPhases } from '../../../src/diff/phases.ts';
import { emptyState, type KernelState, kernelWith, type State } from '../../../src/kernel/objects.ts';

const name = 'net.ipv4.fwmark_reflect';

function phases(from: KernelState, to: State): string[] {
  return planPhases(compare(from, to), from, to).map((phase) => {
    if (phase.name === 'commit') return 'commit';
    return `${phase.name}: ${phase.steps.map((step) => ('line' in step ? step.line : JSON.stringify(step))).join('; ')}`;
  });
}

const withSetting = (value: string): State => ({ ...emptyState(), settings: new Map([[name, value]]) });

test('a setting is made before traffic moves', () => {
  const lines = phases(kernelWith(withSetting('0')), withSetting('1'));
  assert.equal(lines, [`stage: ${name} = 1`]);
});

test('and what it was comes back after it', () => {
  const kernel = { ...kernelWith(withSetting('1')), formerSettings: new Map([[name, '0']]) };
  const lines = phases(kernel, emptyState());
  assert.equal(lines, [`retire: ${name} = 0`]);
});

test.run();
