// What systemctl says of the last reload of a daemon, in the words that it has for it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readTold } from '../../../src/hooks/daemon-reload.ts';
import type { Run } from '../../../src/system/exec.ts';

const entry = (at: string) =>
  `ExecReload={ path=/bin/kill ; argv[]=/bin/kill -HUP $MAINPID ; start_time=[${at}] ; stop_time=[${at}] ; pid=7 }`;
const never = entry('n/a');
const first = entry('Mon 2026-03-02 10:00:00.250000 UTC');
const second = entry('Mon 2026-03-02 11:00:00.000000 UTC');

async function told(stdout: string): Promise<number | undefined> {
  const run: Run = async (command, args) => {
    assert.equal([command, args.at(-1)], ['systemctl', 'libvirtd.service']);
    return { status: 0, stdout, stderr: '' };
  };
  return (await readTold(run, ['libvirtd', 'libvirtd'])).get('libvirtd');
}

test('the last of its commands counts, one that was never run does not', async () => {
  assert.is(await told(never), undefined);
  assert.is(await told(''), undefined);
  assert.is(await told(first), Date.UTC(2026, 2, 2, 10, 0, 0, 250));
  for (const order of [
    [first, second, never],
    [second, first],
  ])
    assert.is(await told(order.join('\n')), Date.UTC(2026, 2, 2, 11));
});

test('after systemd has read its files anew, the change of state tells it', async () => {
  const shown = (more: Record<string, string>) =>
    Object.entries({
      ActiveState: 'active',
      ReloadResult: 'success',
      ActiveEnterTimestamp: 'Mon 2026-03-02 09:00:00.000000 UTC',
      StateChangeTimestamp: 'Mon 2026-03-02 10:00:00.500000 UTC',
      ...more,
    })
      .map(([key, value]) => `${key}=${value}\n`)
      .join('') + never;
  assert.is(await told(shown({})), Date.UTC(2026, 2, 2, 10, 0, 0, 500));
  assert.is(
    await told(shown({ StateChangeTimestamp: 'Mon 2026-03-02 09:00:00.000000 UTC' })),
    undefined,
    'its start',
  );
  assert.is(await told(shown({ ReloadResult: 'exit-code' })), undefined);
  assert.is(await told(shown({ ActiveState: 'reloading' })), undefined);
  assert.is(await told(shown({ StateChangeTimestamp: '' })), undefined);
});

test('a host without systemctl knows nothing', async () => {
  const run: Run = () => Promise.reject(new Error('ENOENT'));
  assert.is((await readTold(run, ['libvirtd'])).size, 0);
});

test.run();
