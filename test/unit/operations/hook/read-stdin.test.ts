// What libvirt writes to its hook: taken to its end whatever its size, and kept as far as it can be parsed.
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maxDomainXml } from '../../../../src/guests/domain-xml.ts';
import { readStdin } from '../../../../src/operations/hook/read-stdin.ts';

/** @returns what is read of it */
async function read(stream: Readable | { isTTY: true }, silence?: number): Promise<string> {
  const before = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor;
  Object.defineProperty(process, 'stdin', { configurable: true, get: () => stream });
  try {
    return await readStdin(silence);
  } finally {
    Object.defineProperty(process, 'stdin', before);
  }
}

const chunks = (...texts: string[]) => Readable.from(texts.map((text) => Buffer.from(text)));

test('all of it, in whatever pieces it comes', async () => {
  assert.is(await read(chunks()), '');
  assert.is(await read(chunks('<domain', '/>')), '<domain/>');
  const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)];
  assert.is(await read(Readable.from([first, second])), 'ä');
});

test('of what is too large, enough to notice it is kept, and the rest is taken', async () => {
  const piece = 'x'.repeat(65_536);
  const pieces = maxDomainXml / piece.length;
  const exact = await read(chunks(...Array.from({ length: pieces }, () => piece)));
  assert.is(exact.length, maxDomainXml);
  const large = chunks(...Array.from({ length: pieces * 3 }, () => piece));
  assert.is((await read(large)).length, maxDomainXml + piece.length);
  assert.ok(large.readableEnded);
});

test('a terminal has none, and one that breaks off has what came before', async () => {
  assert.is(await read({ isTTY: true }), '');
  const breaking = Readable.from(
    (async function* () {
      yield Buffer.from('<dom');
      throw new Error('broken');
    })(),
  );
  assert.is(await read(breaking), '<dom');
});

test('it may take any time, but who says nothing for long has forgotten to close it', async () => {
  const slow = async function* () {
    for (let count = 0; count < 10; count += 1) {
      await sleep(40);
      yield Buffer.from('x');
    }
  };
  assert.is(await read(Readable.from(slow()), 300), 'x'.repeat(10));
  const forgotten = new Readable({ read: () => {} });
  forgotten.push('xx');
  assert.is(await read(forgotten, 300), 'xx');
});

test.run();
