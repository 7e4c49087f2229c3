// What the policy could not give: a wish is a detail or said quietly, what is lost is a warning; a hook tells of its own guest.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sayPolicy, sayUnshaped } from '../../../../src/operations/say/policy.ts';
import type { Outputs } from '../../../../src/pipeline.ts';
import { hear } from '../../../support/heard.ts';

const outputs = {
  policy: {
    warnings: ['eth0, out: too much'],
    unshaped: [
      { guest: 'a', tap: 'vnet0', reason: 'no entry', kind: 'unlisted' },
      { guest: 'b', tap: 'vnet1', reason: 'shape = false', kind: 'unsuited' },
      { guest: 'c', reason: 'no room', kind: 'refused' },
      { guest: 'c\n', tap: 'vnet3', reason: 'no bridge', kind: 'unable' },
    ],
  },
} as unknown as Outputs;

test('each kind is heard by whom it concerns', () => {
  const { context, said, details, warned } = hear('/nowhere');
  sayPolicy(context, outputs);
  assert.equal(details, ['guest a, vnet0 is not shaped: no entry']);
  assert.equal(said, ['guest b, vnet1 is not shaped: shape = false']);
  assert.equal(warned, [
    'warning: eth0, out: too much',
    'warning: guest c: no room',
    'warning: guest "c\\n", vnet3: no bridge',
  ]);
});

test('of one guest: its own only', () => {
  const { context, said, details, warned } = hear('/nowhere');
  sayUnshaped(context, outputs, 'c');
  assert.equal([said, details, warned], [[], [], ['warning: guest c: no room']]);
});

test.run();
