// What a command ends with: the status that it sets or that its error means, and what it says of a stdout that takes nothing.
import { EventEmitter } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../../../src/cli/run.ts';
import { ConfigError, Failure } from '../../../src/system/errors.ts';

const stdout = Object.assign(new EventEmitter(), { _write: () => {} });

/** @returns the exit status, and what is said on stderr */
async function ended(work: () => void): Promise<[status: number, said: string]> {
  const own = Object.getOwnPropertyDescriptor(process, 'stdout') as PropertyDescriptor;
  const { write } = process.stderr;
  const { exitCode } = process;
  let said = '';
  Object.defineProperty(process, 'stdout', { value: stdout, configurable: true });
  process.stderr.write = (text: string | Uint8Array) => {
    said += text.toString();
    return true;
  };
  process.exitCode = 0;
  try {
    await run(async () => work());
    return [Number(process.exitCode ?? 0), said];
  } finally {
    process.exitCode = exitCode;
    process.stderr.write = write;
    Object.defineProperty(process, 'stdout', own);
    stdout.removeAllListeners();
  }
}

/** @param codes of the errors that stdout reports, one after the other */
const writing = (codes: string[], status = 0) =>
  ended(() => {
    process.exitCode = status;
    for (const code of codes) stdout.emit('error', Object.assign(new Error(code), { code }));
  });

test('a reader that has closed the pipe is no failure, and nothing is said of it', async () => {
  assert.equal(await writing(['EPIPE']), [0, '']);
  assert.equal(await writing(['EPIPE', 'EPIPE'], 3), [3, '']);
});

test('a stdout that cannot be written is a failure, whatever the status, and said once', async () => {
  const failed = [1, 'virt-shaper: stdout cannot be written: ENOSPC\n'];
  assert.equal(await writing(['ENOSPC']), failed);
  assert.equal(await writing(['ENOSPC', 'EIO', 'EPIPE'], 3), failed);
  assert.equal(await writing(['EPIPE', 'ENOSPC']), failed);
});

test('a wrong configuration ends with 2, any other error with 1, each with its words', async () => {
  const failing = (error: Error) =>
    ended(() => {
      throw error;
    });
  const wrong = new ConfigError([{ severity: 'error', message: 'no such key' }]);
  for (const [error, status, words] of [
    [wrong, 2, 'no such key'],
    [new Failure('no nft'), 1, 'no nft'],
  ] as const) {
    const [is, said] = await failing(error);
    assert.is(is, status);
    assert.match(said, words);
  }
  assert.equal(await ended(() => {}), [0, '']);
});

test.run();
