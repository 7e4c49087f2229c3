// When a sync is asked for before the next minute's, and what is done where systemd does not take it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../../src/operations/context.ts';
import { lookAgain } from '../../../../src/operations/moment/look-again.ts';
import type { Inputs } from '../../../../src/pipeline.ts';
import type { Override } from '../../../../src/policy/moment/moment.ts';
import { makePaths } from '../../../../src/store/paths.ts';
import type { Run } from '../../../../src/system/exec.ts';
import { generateFor, makeWorld } from '../../../support/world.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'look-again-'));
  mkdirSync(makePaths({ root }).systemd, { recursive: true });
});
test.after.each(() => rmSync(root, { recursive: true }));

/** @param seconds after which an override ends, if there is one. @returns what was asked of systemd, and what was said */
async function looks(
  seconds?: number,
  answer: () => Partial<Awaited<ReturnType<Run>>> = () => ({ status: 0 }),
) {
  const now = Date.now();
  const world = makeWorld('[uplink.eth0]\n[guest.cliff]\nceil = "9mbit"\n', { cliff: 'vnet0@br0' });
  const ending = { kind: 'guest', name: 'cliff', until: now + (seconds ?? 0) * 1000 } as unknown as Override;
  const inputs = {
    ...world,
    moment: { ...world.moment, now, overrides: seconds === undefined ? [] : [ending] },
  };
  const [asked, said]: [string[][], string[]] = [[], []];
  const run = (async (...command: [string, string[]]) => {
    asked.push(command.flat());
    return { stdout: '', stderr: '', ...answer() };
  }) as unknown as Run;
  const context = { paths: makePaths({ root }), detail: (text: string) => said.push(text) };
  const { policy } = generateFor(world);
  const clock = Date.now;
  Date.now = () => now;
  try {
    await lookAgain(context as unknown as Context, { inputs: inputs as unknown as Inputs, policy }, run);
  } finally {
    Date.now = clock;
  }
  return { asked, said };
}

test('where nothing changes before the next minute’s sync nobody is asked for one', async () => {
  for (const seconds of [undefined, 59.001, 60, 3600])
    assert.equal(await looks(seconds), { asked: [], said: [] });
});

test('where something does, a sync is wanted then, and not sooner than in five seconds', async () => {
  for (const [seconds, after] of [
    [59, 59],
    [30.001, 31],
    [30, 30],
    [29.999, 30],
    [5.001, 6],
    [5, 5],
    [1, 5],
  ] as const) {
    const { asked, said } = await looks(seconds);
    assert.is(asked.length, 1);
    const [tool, ...words] = asked[0] ?? [];
    assert.is(tool, 'systemd-run');
    assert.ok(words.includes(`--on-active=${after}`), words.join(' '));
    assert.equal(words.slice(-2), ['touch', makePaths({ root }).syncWanted]);
    const moment = Number(/--unit=virt-shaper-look-(\d+)/.exec(words.join(' '))?.[1]);
    assert.ok(Math.abs(moment - (Date.now() / 1000 + after)) < 2, `${moment}`);
    assert.equal(said, [`in ${after} s sync looks again`]);
  }
});

test('without systemd, and where it does not take it, the minute’s sync is what is left', async () => {
  assert.equal((await looks(30, () => ({ status: 1, stderr: 'no bus\n' }))).said, [
    'sync looks within a minute: no bus',
  ]);
  const fails = () => {
    throw new Error('not found');
  };
  assert.equal((await looks(30, fails)).said, ['sync looks within a minute: not found']);
  rmSync(makePaths({ root }).systemd, { recursive: true });
  assert.equal(await looks(30), { asked: [], said: [] });
});

test.run();
