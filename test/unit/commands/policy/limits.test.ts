// limits: what is set for now, in order, without what has ended, also where nothing was loaded.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { limitsCommand } from '../../../../src/commands/policy/limits.ts';
import { type StoredOverride, writeOverrides } from '../../../../src/store/overrides.ts';
import { writeWhole } from '../../../../src/system/files.ts';
import { makeFolder } from '../../../../src/system/folders.ts';
import { hear } from '../../../support/heard.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-limits-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const file = () => hear(root).context.paths.overrides;

function put(...overrides: Partial<StoredOverride>[]): void {
  makeFolder(dirname(file()));
  const usual = { kind: 'guest', ceil: { out: 5e6, in: 5e6 }, by: 'ann', boot: { id: 'x', at: 0 } } as const;
  writeOverrides(
    file(),
    overrides.map((one) => ({ ...usual, name: 'cliff', since: Date.now() - 1000, ...one })),
  );
}

async function show(json = false) {
  const heard = hear(root);
  assert.is(await limitsCommand(heard.context, { json }), 0);
  return heard;
}

test('where nothing is set, text says so and data is empty', async () => {
  const { said, printed } = await show();
  assert.equal([said, printed], [['nothing is set for now'], []]);
  const data = await show(true);
  assert.equal([data.said, JSON.parse(data.printed.join('')).limits], [[], []]);
});

test('by kind and name; what has ended is left out, and nobody is in force before a load', async () => {
  put(
    { name: 'rob' },
    { name: 'eth0', kind: 'unmarked' },
    { name: 'friends', kind: 'group' },
    { name: 'over', until: Date.now() - 500 },
    { name: 'ann', until: Date.now() + 3_600_000, why: 'abuse' },
  );
  const { printed } = await show(true);
  const data = JSON.parse(printed.join(''));
  assert.is(printed.join(''), `${JSON.stringify(data, null, 2)}\n`);
  const { limits } = data;
  assert.equal(
    limits.map((one: { kind: string; name: string; inForce: boolean }) => [one.kind, one.name, one.inForce]),
    [
      ['group', 'friends', false],
      ['guest', 'ann', false],
      ['guest', 'rob', false],
      ['unmarked', 'eth0', false],
    ],
  );
  const text = (await show()).printed.join('');
  assert.match(text, 'abuse');
  assert.not.match(text, 'over');
});

test('a damaged file is said, and is no table', async () => {
  makeFolder(dirname(file()));
  writeWhole(file(), '{"version": 1, "overr', 0o600);
  const { warned, printed, said } = await show();
  assert.match(warned.join(), /^warning: .*is damaged or of another version/);
  assert.equal([printed, said.length], [[], 1]);
});

test.run();
