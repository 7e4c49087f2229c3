// What is read from a file, whether or not all of it is ASCII.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeUtf8 } from '../../../src/system/decode-utf8.ts';

test('bytes are the text that UTF-8 says, as Node.js itself would read them', () => {
  const texts = [
    '',
    'plain',
    'a\0b\r\n\x7f',
    'naïve',
    '\u{1f427} x',
    'x'.repeat(100_000),
    `${'x'.repeat(100_000)}é`,
  ];
  for (const text of texts) assert.is(decodeUtf8(Buffer.from(text)), text);
  const damaged = Buffer.from([0x61, 0xff, 0xc3, 0x62]);
  assert.is(decodeUtf8(damaged), damaged.toString('utf8'));
});

test.run();
